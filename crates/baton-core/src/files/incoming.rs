//! A file on its way in.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::folder::Folder;
use super::uploads::Share;
use super::{FileError, blocking};
use crate::message::Attachment;

/// A file on its way in. Dropped before it is [finished](Self::finish), it is gone.
#[derive(Debug)]
pub struct Incoming {
    pub(super) file: File,
    /// Where it is, and where all files are, for whoever reads an error.
    pub(super) folder: Arc<Folder>,
    pub(super) root: PathBuf,
    pub(super) limit: u64,
    pub(super) attachment: Attachment,
    /// What it takes of the room for uploads, where it is one.
    pub(super) share: Option<Share>,
    pub(super) done: bool,
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
        if let Some(share) = &mut self.share
            && !share.grow_to(self.attachment.size)
        {
            return Err(FileError::TooManyUploads {
                name: self.attachment.name.clone(),
                limit: share.limit(),
            });
        }
        let written = self.file.write_all(bytes).await;
        written.map_err(|error| self.disk(error))
    }

    /// It is whole; returns when it is on disk.
    pub async fn finish(mut self) -> Result<Attachment, FileError> {
        let folder = Arc::clone(&self.folder);
        let synced = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            // A new name is durable when its folder is.
            blocking(move || folder.sync()).await
        };
        synced.await.map_err(|error| self.disk(error))?;
        self.done = true;
        if let Some(share) = self.share.take() {
            share.keep();
        }
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
            let _ = self.folder.remove(OsStr::new(self.attachment.id()));
        }
    }
}
