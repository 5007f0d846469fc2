//! Files that come with messages, and files that are sent with replies.

use std::fmt::Write;

use baton_core::files::Files;
use baton_core::inbox::Inbox;
use baton_core::message::{Attachment, NewMessage};
use baton_core::place::Route;

use super::BotState;
use super::limits;
use super::rest::{FileUpload, RestError};
use super::wire;

/// The maximum size of all files in one message, in bytes. The text and the multipart framing need the rest
/// of the request.
const TOGETHER: u64 = limits::REQUEST - limits::MIB;

/// The beginning of a note about a file that was left out.
const LEFT_OUT: &str = "\n\n[left out: ";

/// The reaction to a download error that another try may mend.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum FilePolicy {
    /// Return the error, so that the caller tries the whole message again.
    RequireAll,
    /// Leave out the file, with a note in the text.
    LeaveOut,
}

/// Downloads and stores the files of a message. For each file left out, the text gets a note. The agent reads
/// the note and can tell the author.
pub(super) async fn fetch_files(
    shared: &BotState,
    inbox: &Inbox,
    files: &[&wire::DiscordAttachment],
    wanted: FilePolicy,
    message: &mut NewMessage,
) -> Result<(), RestError> {
    let Some(kept) = inbox.files() else {
        if !files.is_empty() {
            note_left_out(message, "files are not taken here");
        }
        return Ok(());
    };
    for (number, file) in files.iter().enumerate() {
        if number >= kept.limits().at_once {
            let rest = files.len() - number;
            note_left_out(message, &format!("{rest} more files, which are too many"));
            break;
        }
        match fetch_file(shared, kept, file, &message.route).await {
            Ok(attachment) => message.attachments.push(attachment),
            Err(DownloadError::Retryable(error)) if wanted == FilePolicy::RequireAll => {
                return Err(error);
            }
            Err(DownloadError::Retryable(error)) => {
                note_left_out(message, &format!("{}: {error}", file.filename));
            }
            Err(DownloadError::Final(reason)) => note_left_out(message, &reason),
        }
    }
    Ok(())
}

fn note_left_out(message: &mut NewMessage, what: &str) {
    let _ = write!(message.text, "{LEFT_OUT}{what}]");
}

/// The notes about left-out files at the end of a text; empty if the text has none.
pub(super) fn left_out_notes(text: &str) -> &str {
    let begins = text.find(LEFT_OUT);
    begins.map_or("", |begins| &text[begins..])
}

enum DownloadError {
    /// Another try may succeed.
    Retryable(RestError),
    Final(String),
}

async fn fetch_file(
    shared: &BotState,
    kept: &Files,
    file: &wire::DiscordAttachment,
    to: &Route,
) -> Result<Attachment, DownloadError> {
    let name = match file.filename.as_str() {
        "" => "a file without a name",
        name => name,
    };
    if file.url.is_empty() {
        return Err(DownloadError::Final(format!(
            "{name}: Discord does not say where it is"
        )));
    }
    let limit = kept.limits().size;
    if file.size > limit {
        let mib = limit / limits::MIB;
        return Err(DownloadError::Final(format!(
            "{name}, which is larger than {mib} MiB"
        )));
    }
    let mut response = match shared.rest.download_file(&file.url).await {
        Ok(response) => response,
        Err(error @ RestError::Refused { .. }) => {
            return Err(DownloadError::Final(format!("{name}: {error}")));
        }
        Err(error) => return Err(DownloadError::Retryable(error)),
    };
    let ever = |error: baton_core::files::FileError| {
        tracing::error!(%error, "a file is not kept");
        DownloadError::Final(format!("{name}, which could not be kept"))
    };
    let begun = kept.begin(&to.place, &to.persona, name).await;
    let mut incoming = begun.map_err(ever)?;
    loop {
        match response.chunk().await {
            Ok(Some(bytes)) => incoming.write(&bytes).await.map_err(ever)?,
            Ok(None) => return incoming.finish().await.map_err(ever),
            Err(error) => {
                return Err(DownloadError::Retryable(RestError::Unknown {
                    reason: format!("a file came in part: {}", error.without_url()),
                }));
            }
        }
    }
}

/// Reads the files of a reply, after the file `whole` with the complete text. Returns the uploads, and a text
/// for each file that cannot be sent.
pub(super) async fn read_uploads(
    inbox: &Inbox,
    whole: Option<FileUpload>,
    files: &[Attachment],
) -> (Vec<FileUpload>, Vec<String>) {
    let mut together = whole.as_ref().map_or(0, |whole| whole.bytes.len() as u64);
    let mut uploads: Vec<_> = whole.into_iter().collect();
    let mut left = Vec::new();
    for file in files {
        let content = if file.size > limits::FILE {
            Err(format!("is larger than {} MiB", limits::FILE / limits::MIB))
        } else if uploads.len() == limits::FILES || together + file.size > TOGETHER {
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
                uploads.push(FileUpload {
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
