//! Files that are sent with replies.

use baton_core::files::Files;
use baton_core::inbox::Inbox;
use baton_core::message::Attachment;

use crate::connector::{OutgoingFile, OutgoingFileLimits};

/// The bytes of one MiB.
const MIB: u64 = 1024 * 1024;

/// The files of one message.
#[derive(Debug, Default)]
pub(super) struct Uploads {
    /// The files, in order.
    pub(super) files: Vec<OutgoingFile>,
    /// The indexes of the sent files among the files of the reply.
    pub(super) attachments: Vec<usize>,
    /// A text for each file that cannot be sent.
    pub(super) left: Vec<String>,
}

/// Reads these files of a reply, after the file `whole` with the complete text. `attachments` are indexes into
/// `files`.
pub(super) async fn read_uploads(
    inbox: &Inbox,
    limits: OutgoingFileLimits,
    whole: Option<OutgoingFile>,
    files: &[Attachment],
    attachments: impl IntoIterator<Item = usize>,
) -> Uploads {
    let mut together = whole.as_ref().map_or(0, |whole| whole.bytes.len() as u64);
    let mut uploads = Uploads {
        files: whole.into_iter().collect(),
        ..Uploads::default()
    };
    for index in attachments {
        let Some(file) = files.get(index) else {
            continue;
        };
        let content = if file.size > limits.size {
            Err(format!("is larger than {} MiB", limits.size / MIB))
        } else if uploads.files.len() >= limits.count || together + file.size > limits.together {
            Err("does not fit into a message with the other files".to_owned())
        } else {
            let kept = match inbox.files() {
                Some(kept) => read_file(kept, file).await,
                None => None,
            };
            kept.ok_or_else(|| "no longer exists".to_owned())
        };
        match content {
            Ok(bytes) => {
                together += file.size;
                uploads.attachments.push(index);
                uploads.files.push(OutgoingFile {
                    name: file.name.clone(),
                    bytes: bytes.into(),
                });
            }
            Err(why_not) => uploads.left.push(format!("{} {why_not}", file.name)),
        }
    }
    uploads
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
