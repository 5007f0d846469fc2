//! The content of a file to send.

use std::io;
use std::sync::Arc;

use baton_core::files::{Files, Opened};
use baton_core::message::Attachment;
use bytes::Bytes;

/// The content of a file to send. Every try of a request reads the content again.
#[derive(Clone, Debug)]
pub enum FileContent {
    /// A content in memory.
    Bytes(Bytes),
    /// A file of the files folder. The memory holds only the piece that is sent.
    Stored(StoredContent),
}

impl FileContent {
    /// The size, in bytes.
    pub fn size(&self) -> u64 {
        match self {
            Self::Bytes(bytes) => bytes.len() as u64,
            Self::Stored(stored) => stored.attachment.size,
        }
    }
}

impl<T: Into<Bytes>> From<T> for FileContent {
    fn from(bytes: T) -> Self {
        Self::Bytes(bytes.into())
    }
}

/// The content of a file in the files folder.
#[derive(Clone, Debug)]
pub struct StoredContent {
    files: Arc<Files>,
    attachment: Attachment,
}

impl StoredContent {
    /// The content of this attachment.
    pub fn new(files: Arc<Files>, attachment: Attachment) -> Self {
        Self { files, attachment }
    }

    /// Opens the file at its beginning. The size is at most the stored size, even where the file has grown since.
    pub(crate) async fn open(&self) -> io::Result<Opened> {
        let opened = self.files.find(&self.attachment).await?;
        let Opened { file, size } = opened.ok_or(io::ErrorKind::NotFound)?;
        Ok(Opened {
            file,
            size: size.min(self.attachment.size),
        })
    }
}
