//! The files of messages, and the files from agents. Each conversation has a folder of its own, so that no
//! agent sees the files of another conversation. `folder_layout` shows the folders.

use std::ffi::OsStr;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use crate::clock::Wall;
use crate::id::TurnId;
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;
use crate::store::FilesInUse;

mod blocking_work;
mod file_cleanup;
mod file_error;
mod folder_layout;
mod incoming_file;
mod open_folder;
mod opened_file;
mod pending_uploads;
mod safe_name;
mod turn_output;
mod upload_space;

use blocking_work::run_blocking;
pub use file_cleanup::CLEANUP_INTERVAL;
use file_cleanup::{CleanupTime, FileCleanup};
pub use file_error::FileError;
use folder_layout::{KEPT, folder_name};
pub use incoming_file::Incoming;
use open_folder::OpenFolder;
pub use opened_file::Opened;
use opened_file::{find_below, open_below};
pub use safe_name::safe_name;
pub use turn_output::CollectedFiles;
use upload_space::UploadSpace;

/// The limits on size, number and age of files.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// The maximum size of one file, in bytes.
    pub size: u64,
    /// The maximum number of files in one message, or in one reply.
    pub at_once: usize,
    /// The minimum age of a removed file, counted from the end of its message or from its delivery. The
    /// removal comes up to [`CLEANUP_INTERVAL`] later.
    pub kept: Duration,
    /// The maximum total size of all uploads that no message has named yet, in bytes.
    pub uploads: u64,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            size: 25 * 1024 * 1024,
            at_once: 10,
            kept: Duration::from_hours(24 * 90),
            uploads: 1024 * 1024 * 1024,
        }
    }
}

/// The files folder. One value serves every conversation.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    limits: FileLimits,
    uploads: Arc<UploadSpace>,
}

/// The files of one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnFiles {
    /// The files of the turn's messages, in order.
    pub received: Vec<Received>,
    /// The absolute path of the folder with the files of all earlier messages and replies of the
    /// conversation. The agent may read them again. `None` if there are none.
    pub kept: Option<PathBuf>,
    /// The absolute path of the output folder. Baton sends the files in it with the reply. `None` if the turn
    /// cannot send files.
    pub outbox: Option<PathBuf>,
}

/// A file of a message, as an agent gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// The absolute path.
    pub path: PathBuf,
    /// The name from the author, made safe.
    pub name: String,
    /// The size in bytes.
    pub size: u64,
    /// The folder of all files, a parent of `path`.
    pub root: PathBuf,
    /// Whether the file is a recording whose words are in the text of the message.
    pub is_heard: bool,
}

impl Received {
    /// Opens the file; `None` if it is removed or cannot be opened.
    pub async fn open(&self) -> Option<Opened> {
        let below = self.path.strip_prefix(&self.root).ok()?;
        open_below(self.root.clone(), below.to_owned()).await
    }
}

impl Files {
    /// The files folder at this path. The first file creates the folder.
    pub fn new(root: impl Into<PathBuf>, limits: FileLimits) -> Self {
        Self {
            root: root.into(),
            limits,
            uploads: Arc::default(),
        }
    }

    /// The limits on size, number and age.
    pub fn limits(&self) -> FileLimits {
        self.limits
    }

    /// Begins a file for a persona in a place. The caller stores the file's message next.
    pub async fn begin(
        &self,
        place: &Place,
        persona: &PersonaName,
        name: &str,
    ) -> Result<Incoming, FileError> {
        self.begin_file_in(KEPT, place, persona, name).await
    }

    async fn begin_file_in(
        &self,
        part: &'static str,
        place: &Place,
        persona: &PersonaName,
        name: &str,
    ) -> Result<Incoming, FileError> {
        let name = safe_name(name);
        let conversation = folder_name(place, persona);
        let id = format!("{:016x}-{name}", fastrand::u64(..));
        let attachment = Attachment {
            name: name.clone(),
            location: format!("{conversation}/{part}/{id}"),
            size: 0,
            transcript: None,
        };
        let root = self.root.clone();
        let made = run_blocking(move || {
            let folder = OpenFolder::open_or_make(&root)?
                .open_or_make_inner(OsStr::new(&conversation))?
                .open_or_make_inner(OsStr::new(part))?;
            let file = folder.create_file(OsStr::new(&id))?;
            Ok((folder, file))
        });
        let (folder, file) = made.await.map_err(|error| FileError::Disk {
            name,
            folder: self.root.clone(),
            error,
        })?;
        Ok(Incoming {
            file: tokio::fs::File::from_std(file),
            folder: Arc::new(folder),
            root: self.root.clone(),
            limit: self.limits.size,
            attachment,
            share: None,
            done: false,
        })
    }

    /// Opens a stored file; `None` if it is removed, cannot be opened, or has an invalid location.
    pub async fn open(&self, attachment: &Attachment) -> Option<Opened> {
        open_below(self.root.clone(), PathBuf::from(&attachment.location)).await
    }

    /// Opens a stored file; `None` if it is removed. After an error, a later try may succeed.
    pub async fn find(&self, attachment: &Attachment) -> io::Result<Option<Opened>> {
        find_below(self.root.clone(), PathBuf::from(&attachment.location)).await
    }

    /// The absolute path of a stored file, for display; [`open`](Self::open) reads the file. `None` if the
    /// location is not a plain path below the folder.
    pub fn path(&self, attachment: &Attachment) -> Option<PathBuf> {
        let location = Path::new(&attachment.location);
        let plain = location
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        plain.then(|| self.root.join(location))
    }

    /// A file of a message, as an agent gets it; `None` if its location is invalid.
    pub(crate) fn received_file(&self, attachment: &Attachment) -> Option<Received> {
        Some(Received {
            path: self.path(attachment)?,
            name: attachment.name.clone(),
            size: attachment.size,
            root: self.root.clone(),
            is_heard: attachment.transcript.is_some(),
        })
    }

    /// The files for a turn. Creates the turn's output folder.
    pub(crate) async fn prepare_turn_files(
        &self,
        place: &Place,
        persona: &PersonaName,
        turn: TurnId,
        attachments: &[Attachment],
    ) -> TurnFiles {
        let received = attachments
            .iter()
            .filter_map(|file| self.received_file(file));
        let outbox = match self.make_output_folder(place, persona, turn).await {
            Ok(outbox) => Some(outbox),
            Err(error) => {
                tracing::error!(%turn, %error, "this turn can send no files");
                None
            }
        };
        let kept = self.root.join(folder_name(place, persona)).join(KEPT);
        let is_there = tokio::fs::metadata(&kept)
            .await
            .is_ok_and(|kept| kept.is_dir());
        TurnFiles {
            received: received.collect(),
            kept: is_there.then_some(kept),
            outbox,
        }
    }

    /// Removes the output folders of an earlier run, and old files. To be called once, before any turn runs.
    pub async fn clean_at_start(&self, in_use: FilesInUse, now: Wall) {
        self.clean_up_at(CleanupTime::AtStart, in_use, now).await;
    }

    /// Removes old files, and uploads that no message named within a day. Does nothing while the system clock
    /// is days away from the newest stored time.
    pub async fn clean_up(&self, in_use: FilesInUse, now: Wall) {
        self.clean_up_at(CleanupTime::Later, in_use, now).await;
    }

    async fn clean_up_at(&self, when: CleanupTime, in_use: FilesInUse, now: Wall) {
        let cleanup = FileCleanup {
            when,
            kept: self.limits.kept,
            uploads: Arc::clone(&self.uploads),
            in_use,
            now,
        };
        let root = self.root.clone();
        if let Err(error) = run_blocking(move || cleanup.clean_all(&root)).await {
            tracing::warn!(%error, "some old files could not be removed; the next try is in a day");
        }
    }
}
