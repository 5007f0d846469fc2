//! Files that come with messages, and files that agents send back. Each conversation has a folder of
//! its own, so that an agent is shown no other's.
//!
//! ```text
//! files/<conversation>/uploaded/<number>-<name>  what came, and waits for the message that names it
//! files/<conversation>/kept/<number>-<name>      what came, and what was sent
//! files/<conversation>/out/<turn>/               where the agent of a running turn puts what it sends
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

mod folder;
mod incoming;
mod name;
mod outbox;
mod tidy;
mod uploads;

use folder::Folder;
pub use incoming::Incoming;
pub use name::safe_name;
pub use outbox::Collected;
use uploads::Uploads;

const UPLOADED: &str = "uploaded";
const KEPT: &str = "kept";
const OUT: &str = "out";

/// The pause between two searches for old files.
pub const BETWEEN_ROUNDS: Duration = Duration::from_hours(24);

/// How much may come and be sent, and how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// Bytes of one file.
    pub size: u64,
    /// Files of one message, or of one reply.
    pub at_once: usize,
    /// How long a file is kept after the end of its message, or after its delivery; up to [`BETWEEN_ROUNDS`]
    /// longer.
    pub kept: Duration,
    /// Bytes that all uploads together may take that no message has named yet.
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

/// Why a file was not taken.
#[derive(Debug, thiserror::Error)]
pub enum FileError {
    /// It is longer than files may be.
    #[error("{name} is larger than {} MiB; send a smaller one, or a link to it", limit / (1024 * 1024))]
    TooLarge {
        /// Its name.
        name: String,
        /// In bytes.
        limit: u64,
    },
    /// Too much waits for the messages that name it.
    #[error(
        "{name} was not kept: all files that no message names yet may take {} MiB together; send the \
         messages that the others belong to, or try again in a day, when what was not named is gone \
         (`uploads_mib` in [files] is the limit)",
        limit / (1024 * 1024)
    )]
    TooManyUploads {
        /// Its name.
        name: String,
        /// In bytes.
        limit: u64,
    },
    /// A message names what was not uploaded to its conversation, or is gone again.
    #[error(
        "{id:?} was not sent to this room and persona, or a day has passed since; send it again"
    )]
    Unknown {
        /// What the message called it.
        id: String,
    },
    /// The disk did not take it.
    #[error("{name} was not kept: {error}; free some space, or look whether {} may be written to", folder.display())]
    Disk {
        /// Its name.
        name: String,
        /// Where it was to go.
        folder: PathBuf,
        /// What the system said.
        error: io::Error,
    },
}

/// Where files are kept. One value serves every conversation.
#[derive(Debug)]
pub struct Files {
    root: PathBuf,
    limits: FileLimits,
    uploads: Arc<Uploads>,
}

/// The files of one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnFiles {
    /// Those that came with its messages, in order.
    pub received: Vec<Received>,
    /// The folder with the files of all earlier messages and replies of the conversation, which an agent may
    /// open again. `None` if there are none.
    pub kept: Option<PathBuf>,
    /// Whatever the agent puts into this folder is sent with its reply; `None` where nothing can be
    /// sent.
    pub outbox: Option<PathBuf>,
}

/// A file that came with a message, as an agent finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Where it is: absolute.
    pub path: PathBuf,
    /// The name that its author gave it, made safe.
    pub name: String,
    /// In bytes.
    pub size: u64,
    /// The folder of all files, which `path` is below.
    pub root: PathBuf,
}

impl Received {
    /// Opens it; `None` where it is kept no more.
    pub async fn open(&self) -> Option<Opened> {
        let below = self.path.strip_prefix(&self.root).ok()?;
        open_below(self.root.clone(), below.to_owned()).await
    }
}

impl Files {
    /// Files in that folder, which is made when the first one comes.
    pub fn new(root: impl Into<PathBuf>, limits: FileLimits) -> Self {
        Self {
            root: root.into(),
            limits,
            uploads: Arc::default(),
        }
    }

    /// How much may come and be sent.
    pub fn limits(&self) -> FileLimits {
        self.limits
    }

    /// Begins to keep a file that comes to a persona in a place, for a message that is stored next.
    pub async fn begin(
        &self,
        place: &Place,
        persona: &PersonaName,
        name: &str,
    ) -> Result<Incoming, FileError> {
        self.begin_in(KEPT, place, persona, name).await
    }

    async fn begin_in(
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
        let made = blocking(move || {
            let folder = Folder::open_or_make(&root)?
                .make(OsStr::new(&conversation))?
                .make(OsStr::new(part))?;
            let file = folder.create(OsStr::new(&id))?;
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

    /// Opens a kept file; `None` where it is kept no more, or is not one of ours.
    pub async fn open(&self, attachment: &Attachment) -> Option<Opened> {
        open_below(self.root.clone(), PathBuf::from(&attachment.location)).await
    }

    /// Where a kept file is, for whoever is only told; [`open`](Self::open) reads it. `None` where
    /// `location` is not one of ours.
    pub fn path(&self, attachment: &Attachment) -> Option<PathBuf> {
        let location = Path::new(&attachment.location);
        let plain = location
            .components()
            .all(|part| matches!(part, std::path::Component::Normal(_)));
        plain.then(|| self.root.join(location))
    }

    /// What a turn is given.
    pub(crate) async fn of_turn(
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
        let outbox = match self.make_outbox(place, persona, turn).await {
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

    /// Takes over what an earlier run left: what its turns have not sent is removed, and so is what is
    /// old. To be called once, before any turn runs.
    pub async fn take_over(&self, in_use: FilesInUse, now: Wall) {
        self.tidy_in(tidy::When::AtStart, in_use, now).await;
    }

    /// Removes old files, and uploads that no message named within a day. Does nothing while the system
    /// clock is days away from the newest stored time.
    pub async fn tidy(&self, in_use: FilesInUse, now: Wall) {
        self.tidy_in(tidy::When::Later, in_use, now).await;
    }

    async fn tidy_in(&self, when: tidy::When, in_use: FilesInUse, now: Wall) {
        let tidy = tidy::Tidy {
            when,
            kept: self.limits.kept,
            uploads: Arc::clone(&self.uploads),
            in_use,
            now,
        };
        let root = self.root.clone();
        if let Err(error) = blocking(move || tidy.all(&root)).await {
            tracing::warn!(%error, "not all old files are removed; it is tried again in a day");
        }
    }
}

/// A kept file that is open.
#[derive(Debug)]
pub struct Opened {
    /// To read it from its beginning.
    pub file: tokio::fs::File,
    /// In bytes, when it was opened.
    pub size: u64,
}

impl Opened {
    /// What is in it from its beginning on, at most so many bytes: it can have grown since.
    pub async fn bytes(self, most: u64) -> io::Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.file.take(most).read_to_end(&mut bytes).await?;
        Ok(bytes)
    }
}

/// Opens a file of that folder, or of one in it; `None` where there is none.
async fn open_below(root: PathBuf, location: PathBuf) -> Option<Opened> {
    let path = location.clone();
    let opened = blocking(move || {
        let mut names: Vec<_> = path
            .as_os_str()
            .as_bytes()
            .split(|it| *it == b'/')
            .collect();
        let Some(name) = names.pop() else {
            return Ok(None);
        };
        let mut folder = Folder::open(&root)?;
        for name in names {
            folder = folder.inner(OsStr::from_bytes(name))?;
        }
        let Some(file) = folder.read(OsStr::from_bytes(name))? else {
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
                tracing::warn!(%location, %error, "a kept file cannot be opened");
            }
            None
        }
    }
}

/// A conversation's folder: what people can read of it, and what makes it unlike any other.
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

/// What waits for the disk, where nothing else waits for it.
async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> io::Result<T> {
    match tokio::task::spawn_blocking(work).await {
        Ok(done) => done,
        Err(error) => Err(io::Error::other(error)),
    }
}
