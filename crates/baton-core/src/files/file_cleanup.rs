//! Removes old files. Each round refreshes the times of files that belong to waiting or running messages, so
//! a file's age counts from the end of its message.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::folder_layout::{KEPT, OUTPUT, UPLOADED};
use super::open_folder::OpenFolder;
use super::upload_space::UploadSpace;
use crate::clock::{Wall, millis};
use crate::store::FilesInUse;

/// The pause between two searches for old files.
pub const CLEANUP_INTERVAL: Duration = Duration::from_hours(24);

/// The time that an upload waits for its message.
const UPLOAD_RETENTION: Duration = Duration::from_hours(24);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum CleanupTime {
    /// At the start of the program: no turn runs, and no file is arriving.
    AtStart,
    Later,
}

pub(super) struct FileCleanup {
    pub(super) when: CleanupTime,
    pub(super) kept: Duration,
    pub(super) uploads: Arc<UploadSpace>,
    pub(super) in_use: FilesInUse,
    pub(super) now: Wall,
}

/// The maximum distance between the system clock and the newest stored time for a removal. A greater distance
/// means days without messages, or a wrong clock, and a removed file cannot be restored.
const TRUSTED_DISTANCE: Duration = Duration::from_hours(48);

impl FilesInUse {
    /// Whether the clock can be trusted for removing old files. An empty store owns no file, so any clock is
    /// good enough.
    pub fn trusts_clock(&self, now: Wall) -> bool {
        let apart = |newest: Wall| now.0.saturating_sub(newest.0).saturating_abs();
        self.newest
            .is_none_or(|newest| apart(newest) <= millis(TRUSTED_DISTANCE))
    }
}

impl FileCleanup {
    pub(super) fn clean_all(&self, root: &Path) -> io::Result<()> {
        let root = match OpenFolder::open(root) {
            Ok(root) => root,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // A failed removal, for example of a folder with changed permissions, must not prevent the others.
        let mut done = Ok(());
        for name in root.list_names()? {
            let name = name?;
            // Baton creates only folders here, so a file is not Baton's.
            if let Ok(conversation) = root.open_inner(&name) {
                done = done.and(self.clean_conversation(&conversation, &name));
            }
            if self.when == CleanupTime::AtStart {
                // Removes only an empty folder, and only at the start: later, another task may be about to
                // use the folder.
                let _ = root.remove_empty(&name);
            }
        }
        done
    }

    /// Cleans as much as possible, and returns the first error.
    fn clean_conversation(&self, folder: &OpenFolder, name: &OsStr) -> io::Result<()> {
        let mut done = Ok(());
        if self.when == CleanupTime::AtStart {
            done = folder.remove_all(OsStr::new(OUTPUT));
        }
        for part in [KEPT, UPLOADED] {
            let Ok(files) = folder.open_inner(OsStr::new(part)) else {
                continue;
            };
            for file in files.list_names()? {
                let file = file?;
                let below = Path::new(name).join(part).join(&file);
                done = done.and(match part {
                    UPLOADED => self.clean_upload(&files, &file),
                    _ if self.is_in_use(&below) => files.refresh_time(&file, self.now),
                    _ => self.clean_kept_file(&files, &file),
                });
            }
            if self.when == CleanupTime::AtStart {
                let _ = folder.remove_empty(OsStr::new(part));
            }
        }
        done
    }

    fn is_in_use(&self, location: &Path) -> bool {
        let location = location.to_str();
        location.is_some_and(|location| self.in_use.locations.contains(location))
    }

    /// Removes an old file that no waiting or running message needs. Its time was refreshed up to one round
    /// ago.
    fn clean_kept_file(&self, folder: &OpenFolder, name: &OsStr) -> io::Result<()> {
        match Self::inspect_file(folder, name)? {
            Some((since, _)) if self.is_expired(since, self.kept + CLEANUP_INTERVAL) => {
                folder.remove_file(name)
            }
            _ => Ok(()),
        }
    }

    /// Removes an old upload without a message. At the start, counts the others.
    fn clean_upload(&self, folder: &OpenFolder, name: &OsStr) -> io::Result<()> {
        let Some((since, size)) = Self::inspect_file(folder, name)? else {
            return Ok(());
        };
        if self.is_expired(since, UPLOAD_RETENTION.min(self.kept)) {
            folder.remove_file(name)?;
            if self.when == CleanupTime::Later {
                self.uploads.subtract_upload(size);
            }
        } else if self.when == CleanupTime::AtStart {
            self.uploads.add_upload(size);
        }
        Ok(())
    }

    /// The last use of a file, and its size; `None` if the file is missing.
    fn inspect_file(folder: &OpenFolder, name: &OsStr) -> io::Result<Option<(Wall, u64)>> {
        match folder.file_info(name) {
            Ok(Some(about)) => Ok(Some(about)),
            // The name belongs to no regular file, so an agent has created it. It is removed.
            Ok(None) => folder.remove_all(name).map(|()| None),
            // A message has just named the upload, and moved it.
            Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn is_expired(&self, since: Wall, time: Duration) -> bool {
        self.in_use.trusts_clock(self.now) && self.now.0.saturating_sub(since.0) > millis(time)
    }
}
