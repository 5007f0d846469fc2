//! Removes files whose time is over.

use std::ffi::OsStr;
use std::io;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use super::folder::Folder;
use super::uploads::{Uploads, WAITS};
use super::{KEPT, OUT, UPLOADED};
use crate::clock::{Wall, millis};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum When {
    /// No turn runs, and nothing is on its way in.
    AtStart,
    Later,
}

pub(super) struct Tidy {
    pub(super) when: When,
    pub(super) kept: Duration,
    pub(super) uploads: Arc<Uploads>,
    pub(super) now: Wall,
}

impl Tidy {
    pub(super) fn all(&self, root: &Path) -> io::Result<()> {
        let root = match Folder::open(root) {
            Ok(root) => root,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        // What cannot be removed, since an agent made it so, keeps nothing else.
        let mut done = Ok(());
        for name in root.names()? {
            let name = name?;
            // What is no folder is not ours.
            if let Ok(conversation) = root.inner(&name) {
                done = done.and(self.conversation(&conversation));
            }
            if self.when == When::AtStart {
                // Only where it is empty. Later, somebody may be about to put something into it.
                let _ = root.remove_empty(&name);
            }
        }
        done
    }

    /// All that is possible; the first error of what is not.
    fn conversation(&self, folder: &Folder) -> io::Result<()> {
        let mut done = Ok(());
        if self.when == When::AtStart {
            done = folder.remove_all(OsStr::new(OUT));
        }
        for (part, time) in [(KEPT, self.kept), (UPLOADED, WAITS.min(self.kept))] {
            let part = OsStr::new(part);
            let Ok(files) = folder.inner(part) else {
                continue;
            };
            for name in files.names()? {
                done = done.and(self.file(&files, &name?, time, part == UPLOADED));
            }
            if self.when == When::AtStart {
                let _ = folder.remove_empty(part);
            }
        }
        done
    }

    fn file(&self, folder: &Folder, name: &OsStr, time: Duration, upload: bool) -> io::Result<()> {
        let about = match folder.about(name) {
            Ok(about) => about,
            // A message has named it just now.
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            Err(error) => return Err(error),
        };
        let Some((changed, size)) = about else {
            // No file: an agent has put it there.
            return folder.remove_all(name);
        };
        let is_old = self.now.0.saturating_sub(changed.0) > millis(time);
        match (is_old, upload) {
            (true, false) => folder.remove(name),
            (true, true) => {
                folder.remove(name)?;
                if self.when == When::Later {
                    self.uploads.gone(size);
                }
                Ok(())
            }
            (false, true) if self.when == When::AtStart => {
                self.uploads.found(size);
                Ok(())
            }
            (false, _) => Ok(()),
        }
    }
}
