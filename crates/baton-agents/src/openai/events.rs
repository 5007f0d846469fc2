//! Server-sent events, however the network cuts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton_core::agent::Harmless;
use eventsource_stream::{EventStream, EventStreamError};
use futures_util::{Stream, StreamExt, future, stream};

use crate::text::Utf8Pieces;

/// How long one event may be, in bytes.
pub(super) const EVENT_LIMIT: usize = 1024 * 1024;

/// Why no more events come.
#[derive(Debug, thiserror::Error)]
pub(super) enum Broken {
    /// The connection ended.
    #[error("the connection broke")]
    Connection(#[source] reqwest::Error),
    /// Nothing came.
    #[error("it fell silent for {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// It ended too early.
    #[error("it ended its answer in the middle")]
    Unfinished,
    /// An event has no end.
    #[error("it sent more than {EVENT_LIMIT} bytes at once")]
    TooLong,
    /// That is no event stream.
    #[error("what it sent could not be understood")]
    NotUnderstood,
}

/// It shows only words of ours.
impl Harmless for Broken {}

/// The data of each event. Errors are last.
pub(super) fn events<B: AsRef<[u8]>>(
    bytes: impl Stream<Item = Result<B, Broken>> + Send,
) -> impl Stream<Item = Result<String, Broken>> + Send {
    let unread = Arc::new(AtomicUsize::new(0));
    let read = Arc::clone(&unread);
    let mut text = Utf8Pieces::default();
    let mut at_start = true;
    let pieces = bytes.map(move |bytes| {
        let bytes = bytes?;
        let bytes = bytes.as_ref();
        if unread.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len() > EVENT_LIMIT {
            return Err(Broken::TooLong);
        }
        let mut piece = text.push(bytes);
        if at_start && !piece.is_empty() {
            at_start = false;
            // A byte order mark says nothing, and the parser does not survive it.
            if piece.starts_with('\u{feff}') {
                piece.remove(0);
            }
        }
        Ok(piece)
    });
    // A server that hangs up without the last blank line has said its last event all the same.
    let end = stream::once(future::ready(Ok("\n\n".to_owned())));
    EventStream::new(pieces.chain(end)).map(move |event| {
        read.store(0, Ordering::Relaxed);
        event.map(|event| event.data).map_err(|error| match error {
            EventStreamError::Transport(broken) => broken,
            EventStreamError::Utf8(_) | EventStreamError::Parser(_) => Broken::NotUnderstood,
        })
    })
}
