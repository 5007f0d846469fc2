//! Files that come with messages, and files that agents send back. Each conversation has a folder of
//! its own, so that an agent is shown no other's.
//!
//! ```text
//! files/<conversation>/kept/<number>-<name>   what came, and what was sent
//! files/<conversation>/out/<turn>/            where the agent of a running turn puts what it sends
//! ```

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use sha2::{Digest, Sha256};
use tokio::fs::{self, File, OpenOptions};
use tokio::io::AsyncWriteExt;

use crate::clock::Wall;
use crate::id::TurnId;
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;

mod name;
mod outbox;
mod tidy;

pub use name::safe_name;
pub use outbox::Collected;

const KEPT: &str = "kept";
const OUT: &str = "out";

/// How much may come and be sent, and how long it is kept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FileLimits {
    /// Bytes of one file.
    pub size: u64,
    /// Files of one message, or of one reply.
    pub at_once: usize,
    /// How long a file is kept.
    pub kept: Duration,
}

impl Default for FileLimits {
    fn default() -> Self {
        Self {
            size: 25 * 1024 * 1024,
            at_once: 10,
            kept: Duration::from_hours(24 * 90),
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
}

/// The files of one turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct TurnFiles {
    /// Those that came with its messages, in order.
    pub received: Vec<Received>,
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
}

impl Files {
    /// Files in that folder, which is made when the first one comes.
    pub fn new(root: impl Into<PathBuf>, limits: FileLimits) -> Self {
        Self {
            root: root.into(),
            limits,
        }
    }

    /// How much may come and be sent.
    pub fn limits(&self) -> FileLimits {
        self.limits
    }

    /// Begins to keep a file that comes to a persona in a place.
    pub async fn begin(
        &self,
        place: &Place,
        persona: &PersonaName,
        name: &str,
    ) -> Result<Incoming, FileError> {
        let name = safe_name(name);
        let folder = folder_name(place, persona);
        let location = format!("{folder}/{KEPT}/{:016x}-{name}", fastrand::u64(..));
        let path = self.root.join(&location);
        let disk = |error| FileError::Disk {
            name: name.clone(),
            folder: self.root.clone(),
            error,
        };
        if let Some(folder) = path.parent() {
            private_folder(folder).await.map_err(disk)?;
        }
        let file = private_file(&path).await.map_err(disk)?;
        Ok(Incoming {
            file,
            path,
            root: self.root.clone(),
            limit: self.limits.size,
            attachment: Attachment {
                name,
                location,
                size: 0,
            },
            done: false,
        })
    }

    /// The kept file of that [id](Attachment::id) that came to a persona in a place; `None` where
    /// there is none, or no more.
    pub async fn find(&self, place: &Place, persona: &PersonaName, id: &str) -> Option<Attachment> {
        let (number, name) = id.split_once('-')?;
        let ours = number.len() == 16 && number.bytes().all(|byte| byte.is_ascii_hexdigit());
        if !ours || safe_name(name) != name {
            return None;
        }
        let location = format!("{}/{KEPT}/{id}", folder_name(place, persona));
        let about = fs::symlink_metadata(self.root.join(&location)).await.ok()?;
        about.is_file().then(|| Attachment {
            name: name.to_owned(),
            location,
            size: about.len(),
        })
    }

    /// Where a kept file is; `None` where `location` is not one of ours.
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
            })
        });
        let outbox = self.outbox(place, persona, turn);
        let outbox = match private_folder(&outbox).await {
            Ok(()) => Some(outbox),
            Err(error) => {
                tracing::error!(%turn, %error, "this turn can send no files");
                None
            }
        };
        TurnFiles {
            received: received.collect(),
            outbox,
        }
    }

    fn outbox(&self, place: &Place, persona: &PersonaName, turn: TurnId) -> PathBuf {
        let folder = self.root.join(folder_name(place, persona));
        folder.join(OUT).join(turn.to_string())
    }

    /// Removes what is older than files are kept, and what turns left that no longer run. To be
    /// called when none runs.
    pub async fn tidy(&self, now: Wall) {
        tidy::tidy(self.root.clone(), self.limits.kept, now).await;
    }
}

/// A file on its way in. Dropped before it is [finished](Self::finish), it is gone.
#[derive(Debug)]
pub struct Incoming {
    file: File,
    path: PathBuf,
    root: PathBuf,
    limit: u64,
    attachment: Attachment,
    done: bool,
}

impl Incoming {
    /// Adds more of it.
    pub async fn write(&mut self, bytes: &[u8]) -> Result<(), FileError> {
        self.attachment.size += u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        if self.attachment.size > self.limit {
            return Err(FileError::TooLarge {
                name: self.attachment.name.clone(),
                limit: self.limit,
            });
        }
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| self.disk(error))
    }

    /// It is whole; returns when it is on disk.
    pub async fn finish(mut self) -> Result<Attachment, FileError> {
        let synced = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            sync_folder(&self.path).await
        };
        synced.await.map_err(|error| self.disk(error))?;
        self.done = true;
        Ok(self.attachment.clone())
    }

    fn disk(&self, error: io::Error) -> FileError {
        FileError::Disk {
            name: self.attachment.name.clone(),
            folder: self.root.clone(),
            error,
        }
    }
}

impl Drop for Incoming {
    fn drop(&mut self) {
        if !self.done {
            // What cannot be removed now is removed when its time is over.
            let _ = std::fs::remove_file(&self.path);
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

/// A folder that nobody else may look into, and all that it is in.
async fn private_folder(folder: &Path) -> io::Result<()> {
    fs::DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .await
}

async fn private_file(path: &Path) -> io::Result<File> {
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .await
}

/// A new name is durable when its folder is.
async fn sync_folder(path: &Path) -> io::Result<()> {
    match path.parent() {
        Some(folder) => File::open(folder).await?.sync_all().await,
        None => Ok(()),
    }
}
