//! Files that are sent with replies.

use baton_core::files::Files;
use baton_core::inbox::Inbox;
use baton_core::message::Attachment;

use crate::connector::{OutgoingFile, OutgoingFileLimits};

/// The bytes of one MiB.
const MIB: u64 = 1024 * 1024;

/// Reads the files of a reply, after the file `whole` with the complete text. Returns the uploads, and a text
/// for each file that cannot be sent.
pub(crate) async fn read_uploads(
    inbox: &Inbox,
    limits: OutgoingFileLimits,
    whole: Option<OutgoingFile>,
    files: &[Attachment],
) -> (Vec<OutgoingFile>, Vec<String>) {
    let mut together = whole.as_ref().map_or(0, |whole| whole.bytes.len() as u64);
    let mut uploads: Vec<_> = whole.into_iter().collect();
    let mut left = Vec::new();
    for file in files {
        let content = if file.size > limits.size {
            Err(format!("is larger than {} MiB", limits.size / MIB))
        } else if uploads.len() >= limits.count || together + file.size > limits.together {
            Err("is too much to be sent with the others".to_owned())
        } else {
            let kept = match inbox.files() {
                Some(kept) => read_file(kept, file).await,
                None => None,
            };
            kept.ok_or_else(|| "is not there any more".to_owned())
        };
        match content {
            Ok(bytes) => {
                together += file.size;
                uploads.push(OutgoingFile {
                    name: file.name.clone(),
                    bytes: bytes.into(),
                });
            }
            Err(why_not) => left.push(format!("{} {why_not}", file.name)),
        }
    }
    (uploads, left)
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
