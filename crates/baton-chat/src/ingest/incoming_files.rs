//! Files that come with messages.

use std::fmt::Write;
use std::time::Duration;

use baton_core::files::{FileError, Files};
use baton_core::inbox::Inbox;
use baton_core::message::{Attachment, NewMessage};
use baton_core::place::Route;
use bytes::Bytes;

use crate::ChatLayer;
use crate::connector::{ConnectorError, FileDownload, IncomingFile, RequestFailure};

/// The longest time without a part of a running download. Then the file counts as not downloaded.
const STALLED: Duration = Duration::from_mins(1);

/// One mebibyte, in bytes.
const MIB: u64 = 1024 * 1024;

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
/// the note and can tell the author. Returns whether a file is left out that another try may bring.
pub(super) async fn fetch_files(
    layer: &ChatLayer,
    inbox: &Inbox,
    files: &[IncomingFile],
    wanted: FilePolicy,
    message: &mut NewMessage,
) -> Result<bool, ConnectorError> {
    let mut is_missing = false;
    let Some(kept) = inbox.files() else {
        note_unwanted_files(files, message);
        return Ok(false);
    };
    for (number, file) in files.iter().enumerate() {
        if number >= kept.limits().at_once {
            let rest = files.len() - number;
            note_left_out(
                message,
                &format!("{rest} more files, above the limit for one message"),
            );
            break;
        }
        match fetch_file(layer, kept, file, &message.route).await {
            Ok(attachment) => message.attachments.push(attachment),
            Err(DownloadError::Retryable(error)) if wanted == FilePolicy::RequireAll => {
                return Err(error);
            }
            Err(DownloadError::Retryable(error)) => {
                is_missing = true;
                note_left_out(message, &format!("{}: {error}", file.name));
            }
            Err(DownloadError::Final(reason)) => note_left_out(message, &reason),
        }
    }
    Ok(is_missing)
}

/// Notes in the text that Baton accepts no files, if the message has some.
pub(super) fn note_unwanted_files(files: &[IncomingFile], message: &mut NewMessage) {
    if !files.is_empty() {
        note_left_out(message, "the files, because Baton accepts no files");
    }
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
    Retryable(ConnectorError),
    Final(String),
}

async fn fetch_file(
    layer: &ChatLayer,
    kept: &Files,
    file: &IncomingFile,
    to: &Route,
) -> Result<Attachment, DownloadError> {
    let name = match file.name.as_str() {
        "" => "a file without a name",
        name => name,
    };
    let Some(downloads) = layer.connector.downloads() else {
        let reason = format!("{name}: files cannot be downloaded from the platform");
        return Err(DownloadError::Final(reason));
    };
    if file.reference.is_empty() {
        return Err(DownloadError::Final(format!(
            "{name}: the platform gives no address of the file"
        )));
    }
    let limit = kept.limits().size;
    if file.size > limit {
        let mib = limit / MIB;
        return Err(DownloadError::Final(format!(
            "{name}, which is larger than {mib} MiB"
        )));
    }
    let failed = |error: ConnectorError| {
        if error.is_refused() {
            DownloadError::Final(format!("{name}: {error}"))
        } else {
            DownloadError::Retryable(error)
        }
    };
    let mut download = downloads.begin(file).await.map_err(failed)?;
    let ever = |error: FileError| {
        tracing::error!(%error, "a file is not kept");
        DownloadError::Final(format!("{name}, which Baton could not store"))
    };
    let begun = kept.begin(&to.place, &to.persona, name).await;
    let mut incoming = begun.map_err(ever)?;
    while let Some(bytes) = next_piece(layer, &mut *download).await.map_err(failed)? {
        incoming.write(&bytes).await.map_err(ever)?;
    }
    incoming.finish().await.map_err(ever)
}

/// The next piece of a running download, unless the platform stays silent for too long.
async fn next_piece(
    layer: &ChatLayer,
    download: &mut dyn FileDownload,
) -> Result<Option<Bytes>, ConnectorError> {
    let clock = layer.clock();
    tokio::select! {
        piece = download.next_piece() => piece,
        () = clock.sleep_until(clock.steady().after(STALLED)) => Err(ConnectorError::new(
            RequestFailure::Unknown,
            format!("no part of the file came for {} s", STALLED.as_secs()),
        )),
    }
}
