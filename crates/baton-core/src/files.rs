//! The files of messages, and the files from agents. Each conversation has a folder of its own, so that no
//! agent sees the files of another conversation.
//!
//! ```text
//! files/<conversation>/uploaded/<number>-<name>  uploaded before the message that names the file
//! files/<conversation>/kept/<number>-<name>      the files of messages and of replies
//! files/<conversation>/out/<turn>/               the output folder of a running turn
//! ```

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::io::AsyncReadExt;

use crate::clock::Wall;
use crate::id::TurnId;
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;
use crate::store::FilesInUse;

mod file_cleanup;
mod incoming_file;
mod open_folder;
mod pending_uploads;
mod safe_name;
mod turn_output;

use file_cleanup::{CleanupTime, FileCleanup};
pub use incoming_file::Incoming;
use open_folder::OpenFolder;
use pending_uploads::UploadSpace;
pub use safe_name::safe_name;
pub use turn_output::CollectedFiles;

const UPLOADED: &str = "uploaded";
const KEPT: &str = "kept";
const OUTPUT: &str = "out";

/// The pause between two searches for old files.
pub const CLEANUP_INTERVAL: Duration = Duration::from_hours(24);

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

/// The reason for refusing a file.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// The file exceeds the size limit.
    #[error("{name} is larger than {} MiB; send a smaller file, or a link to the file", limit / (1024 * 1024))]
    TooLarge {
        /// The name of the file.
        name: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// All uploads without a message exceed their limit together.
    #[error(
        "{name} was not stored: the uploads without a message would exceed their limit of {} MiB (`uploads_mib` \
         in [files]). Send the messages of the other uploads, or try again in a day, when unused uploads are removed",
        limit / (1024 * 1024)
    )]
    TooManyUploads {
        /// The name of the file.
        name: String,
        /// The limit in bytes.
        limit: u64,
    },
    /// A message names a file that was not uploaded to its conversation, or is already removed.
    #[error(
        "file {id:?} is unknown for this room and persona, or older than a day; send the file again"
    )]
    Unknown {
        /// The id in the message.
        id: String,
    },
    /// Writing to the disk failed.
    #[error("{name} was not stored: {error}; free some space, or check that Baton may write to {}", folder.display())]
    Disk {
        /// The name of the file.
        name: String,
        /// The folder of all files.
        folder: PathBuf,
        /// The error of the operating system.
        error: io::Error,
    },
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

    /// The absolute path of a stored file, for display; [`open`](Self::open) reads the file. `None` if the
    /// location is not a plain path below the folder.
    pub fn path(&self, attachment: &Attachment) -> Option<PathBuf> {
        let location = Path::new(&attachment.location);
        let plain = location
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        plain.then(|| self.root.join(location))
    }

    /// The files for a turn. Creates the turn's output folder.
    pub(crate) async fn prepare_turn_files(
        &self,
        place: &Place,
        persona: &PersonaName,
        turn: TurnId,
        attachments: &[Attachment],
    ) -> TurnFiles {
        let received = attachments.iter().filter_map(|attachment| {
            Some(Received {
                path: self.path(attachment)?,
                name: attachment.name.clone(),
                size: attachment.size,
                root: self.root.clone(),
            })
        });
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

/// An open file.
#[derive(Debug)]
pub struct Opened {
    /// The file, at its beginning.
    pub file: tokio::fs::File,
    /// The size in bytes at the time of opening.
    pub size: u64,
}

impl Opened {
    /// Reads at most `most` bytes from the beginning. The file may have grown since its opening.
    pub async fn bytes(self, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.take(most).read_to_end(&mut bytes).await?;
        Ok(bytes)
    }
}

/// Opens a file below this folder; `None` if the file is missing or cannot be opened.
async fn open_below(root: PathBuf, location: PathBuf) -> Option<Opened> {
    let path = location.clone();
    let opened = run_blocking(move || {
        let mut names: Vec<_> = path
            .as_os_str()
            .as_bytes()
            .split(|it| *it == b'/')
            .collect();
        let Some(name) = names.pop() else {
            return Ok(None);
        };
        let mut folder = OpenFolder::open(&root)?;
        for name in names {
            folder = folder.open_inner(OsStr::from_bytes(name))?;
        }
        let Some(file) = folder.open_file(OsStr::from_bytes(name))? else {
            return Ok(None);
        };
        let size = file.metadata()?.len();
        let file = tokio::fs::File::from_std(file);
        Ok(Some(Opened { file, size }))
    });
    match opened.await {
        Ok(opened) => opened,
        Err(error) => {
            if error.kind() != io::ErrorKind::NotFound {
                let location = location.display();
                tracing::warn!(%location, %error, "a stored file cannot be opened");
            }
            None
        }
    }
}

/// The name of a conversation's folder: a hash that makes it unique, and a readable part.
fn folder_name(place: &Place, persona: &PersonaName) -> String {
    let mut hash = Sha256::new();
    for part in [
        place.channel.as_str(),
        place.account.as_str(),
        &place.address,
        persona.as_str(),
    ] {
        hash.update(part.len().to_le_bytes());
        hash.update(part);
    }
    let mut number = [0; 8];
    number.copy_from_slice(&hash.finalize()[..8]);
    let readable = safe_name(&format!("{}-{}", place.address, persona));
    let readable: String = readable.chars().take(40).collect();
    format!("{:016x}-{readable}", u64::from_be_bytes(number))
}

/// Runs blocking disk work on a thread for such work.
async fn run_blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(io::Error::other(error)),
    }
}
