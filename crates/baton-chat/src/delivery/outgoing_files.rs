//! Files that are sent with replies.

use std::io;
use std::sync::Arc;

use baton_core::files::Files;
use baton_core::inbox::Inbox;
use baton_core::message::Attachment;
use tokio::io::AsyncReadExt;

use crate::connector::{FileContent, OutgoingFile, OutgoingFileLimits, StoredContent};

/// The bytes of one MiB.
const MIB: u64 = 1024 * 1024;

/// A choice among the files of a reply.
#[derive(Debug, Default)]
pub(super) struct FileChoice {
    /// The indexes of the chosen files among the files of the reply.
    pub(super) attachments: Vec<usize>,
    /// A text for each file that is left out.
    pub(super) left: Vec<String>,
}

/// Chooses the files that fit into one message. `whole` is the size of the file with the complete text, in bytes, if
/// this file goes with the message.
pub(super) fn choose_files(
    limits: OutgoingFileLimits,
    whole: Option<u64>,
    files: &[Attachment],
) -> FileChoice {
    let mut together = whole.unwrap_or(0);
    let most = limits.count.saturating_sub(usize::from(whole.is_some()));
    let mut choice = FileChoice::default();
    for (index, file) in files.iter().enumerate() {
        let why_not = if limits.count == 0 {
            "is left out, because this chat takes no files".to_owned()
        } else if file.size == 0 && !limits.permits_empty {
            "is empty".to_owned()
        } else if file.size > limits.size {
            format!("is larger than {} MiB", limits.size / MIB)
        } else if choice.attachments.len() >= most || together + file.size > limits.together {
            "does not fit into a message with the other files".to_owned()
        } else {
            together += file.size;
            choice.attachments.push(index);
            continue;
        };
        choice.left.push(format!("{} {why_not}", file.name));
    }
    choice
}

/// The tries in which a failed read of a file ends the try, so that the next try reads again. Later, the file counts as
/// unreadable, so that it does not hold up the conversation for ever.
const READ_TRIES: u32 = 5;

/// The reason why files were not read.
#[derive(Debug)]
pub(super) enum FileReadError {
    /// Some files are gone. The choice has the others.
    Missing(FileChoice),
    /// A file cannot be read now.
    NotNow(io::Error),
}

/// Checks that these files of a reply can be read, in the try with this number. The request reads the files again, so
/// that the memory never holds a whole file. `attachments` are indexes into `files`.
pub(super) async fn check_files(
    inbox: &Inbox,
    files: &[Attachment],
    attachments: &[usize],
    attempt: u32,
) -> Result<Vec<OutgoingFile>, FileReadError> {
    let (mut read, mut readable) = (Vec::new(), FileChoice::default());
    for &index in attachments {
        let Some(file) = files.get(index) else {
            continue;
        };
        let why_not = match check_file(inbox.files(), file).await {
            Ok(Some(stored)) => {
                readable.attachments.push(index);
                read.push(OutgoingFile {
                    name: file.name.clone(),
                    content: FileContent::Stored(stored),
                });
                continue;
            }
            Ok(None) => "no longer exists",
            Err(error) => {
                tracing::warn!(location = file.location, %error, "a kept file cannot be read");
                if attempt < READ_TRIES {
                    return Err(FileReadError::NotNow(error));
                }
                "cannot be read"
            }
        };
        readable.left.push(format!("{} {why_not}", file.name));
    }
    if readable.left.is_empty() {
        Ok(read)
    } else {
        Err(FileReadError::Missing(readable))
    }
}

/// Reads a whole stored file once, and forgets the bytes; `None` if the file is gone.
async fn check_file(
    kept: Option<&Arc<Files>>,
    file: &Attachment,
) -> io::Result<Option<StoredContent>> {
    let Some(kept) = kept else {
        return Ok(None);
    };
    let Some(opened) = kept.find(file).await? else {
        return Ok(None);
    };
    // The limit is the stored size, even where the file has grown since.
    tokio::io::copy(&mut opened.file.take(file.size), &mut tokio::io::sink()).await?;
    let stored = StoredContent::new(Arc::clone(kept), file.clone());
    Ok(Some(stored))
}
