//! Files that are sent with replies.

use baton_core::files::Files;
use baton_core::inbox::Inbox;
use baton_core::message::Attachment;

use crate::connector::{OutgoingFile, OutgoingFileLimits};

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
        let why_not = if file.size > limits.size {
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

/// Reads these files of a reply. `attachments` are indexes into `files`. Returns the choice of the readable files if a
/// file no longer exists.
pub(super) async fn read_files(
    inbox: &Inbox,
    files: &[Attachment],
    attachments: &[usize],
) -> Result<Vec<OutgoingFile>, FileChoice> {
    let (mut read, mut readable) = (Vec::new(), FileChoice::default());
    for &index in attachments {
        let Some(file) = files.get(index) else {
            continue;
        };
        let content = match inbox.files() {
            Some(kept) => read_file(kept, file).await,
            None => None,
        };
        if let Some(bytes) = content {
            readable.attachments.push(index);
            read.push(OutgoingFile {
                name: file.name.clone(),
                bytes: bytes.into(),
            });
        } else {
            let missing = format!("{} no longer exists", file.name);
            readable.left.push(missing);
        }
    }
    if readable.left.is_empty() {
        Ok(read)
    } else {
        Err(readable)
    }
}

/// Reads a whole stored file; `None` where the file cannot be read.
async fn read_file(kept: &Files, file: &Attachment) -> Option<Vec<u8>> {
    // The limit is the stored size, even where the file has grown since.
    let read = kept.open(file).await?.bytes(file.size).await;
    read.inspect_err(|error| {
        tracing::warn!(location = file.location, %error, "a kept file cannot be read");
    })
    .ok()
}
