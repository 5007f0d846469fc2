//! A file while Baton receives it.

use std::ffi::OsStr;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;

use tokio::fs::File;
use tokio::io::AsyncWriteExt;

use super::blocking_work::run_blocking;
use super::file_error::FileError;
use super::open_folder::OpenFolder;
use super::upload_space::UploadShare;
use crate::message::Attachment;

/// A file while Baton receives it. A drop before [`finish`](Self::finish) removes the file.
#[derive(Debug)]
pub struct Incoming {
    pub(super) file: File,
    /// The open folder of the file. `root` is the folder of all files, for error messages.
    pub(super) folder: Arc<OpenFolder>,
    pub(super) root: PathBuf,
    pub(super) limit: u64,
    pub(super) attachment: Attachment,
    /// The file's share of the space for uploads, if the file is an upload.
    pub(super) share: Option<UploadShare>,
    pub(super) done: bool,
}

impl Incoming {
    /// Appends bytes to the file. Fails if the file exceeds the size limit, if all uploads together exceed
    /// their limit, or if the disk fails.
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
        written.map_err(|error| self.disk_error(error))
    }

    /// Completes the file. Returns after the file and its name are on disk.
    pub async fn finish(mut self) -> Result<Attachment, FileError> {
        let folder = Arc::clone(&self.folder);
        let synced = async {
            self.file.flush().await?;
            self.file.sync_all().await?;
            // The new name is durable only after a sync of the folder.
            run_blocking(move || folder.sync_names()).await
        };
        synced.await.map_err(|error| self.disk_error(error))?;
        self.done = true;
        if let Some(share) = self.share.take() {
            share.keep_reserved();
        }
        Ok(self.attachment.clone())
    }

    fn disk_error(&self, error: io::Error) -> FileError {
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
            // If this removal fails, the daily cleanup removes the file once it is old.
            let _ = self.folder.remove_file(OsStr::new(self.attachment.id()));
        }
    }
}
