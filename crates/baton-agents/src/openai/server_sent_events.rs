//! Parses server-sent events, however the network cuts them.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use baton_core::agent::Harmless;
use eventsource_stream::{EventStream, EventStreamError};
use futures_util::{Stream, StreamExt, future, stream};

use crate::safe_text::Utf8Pieces;

/// Limit of an event, in bytes.
pub(super) const EVENT_LIMIT: usize = 1024 * 1024;

/// Why the events ended early.
#[derive(Debug, thiserror::Error)]
pub(super) enum BrokenAnswer {
    /// The connection was closed.
    #[error("the connection broke")]
    Connection(#[source] reqwest::Error),
    /// The server was silent for this time.
    #[error("the server was silent for {} s", .0.as_secs_f32())]
    Silent(Duration),
    /// The answer ended without a mark of its end.
    #[error("the server ended its answer in the middle")]
    Unfinished,
    /// An event or a document exceeds this limit in bytes.
    #[error("the server sent more than {0} bytes at once")]
    TooLong(usize),
    /// The body is no event stream.
    #[error("the server's answer could not be understood")]
    NotUnderstood,
}

/// The text contains no words of the server.
impl Harmless for BrokenAnswer {}

#[derive(Debug)]
pub(super) struct ServerSentEvent {
    pub(super) data: String,
    /// Whether the event has the name `error`.
    pub(super) is_error: bool,
}

/// Returns the events of a body. An error ends the stream.
pub(super) fn parse_events<B: AsRef<[u8]>>(
    bytes: impl Stream<Item = Result<B, BrokenAnswer>> + Send,
) -> impl Stream<Item = Result<ServerSentEvent, BrokenAnswer>> + Send {
    let unread = Arc::new(AtomicUsize::new(0));
    let read = Arc::clone(&unread);
    let mut text = Utf8Pieces::default();
    let mut lines = LineRewriter::default();
    let pieces = bytes.map(move |bytes| {
        let bytes = bytes?;
        let bytes = bytes.as_ref();
        if unread.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len() > EVENT_LIMIT {
            return Err(BrokenAnswer::TooLong(EVENT_LIMIT));
        }
        Ok(lines.push(&text.push(bytes)))
    });
    // The last event also counts if the server omits the last blank line.
    let end = stream::once(future::ready(Ok("\n\n".to_owned())));
    EventStream::new(pieces.chain(end)).map(move |event| {
        read.store(0, Ordering::Relaxed);
        match event {
            Ok(event) => Ok(ServerSentEvent {
                data: event.data,
                is_error: event.event == "error",
            }),
            Err(EventStreamError::Transport(broken)) => Err(broken),
            Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_)) => {
                Err(BrokenAnswer::NotUnderstood)
            }
        }
    })
}

/// The beginning of a line with an error from llama.cpp, outside the standard for events.
const ERROR_PREFIX: &str = "error:";

/// Rewrites lines that arrive in pieces.
#[derive(Debug, Default)]
struct LineRewriter {
    /// Text that may begin a line with an error.
    held: String,
    /// Whether the current line is known to be no error.
    is_no_error: bool,
}

impl LineRewriter {
    /// Returns the text, with each error line as an event of the name `error`.
    fn push(&mut self, text: &str) -> String {
        self.held.push_str(text);
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        let mut lines = String::with_capacity(rest.len());
        while !rest.is_empty() {
            if !self.is_no_error {
                if let Some(error) = rest.strip_prefix(ERROR_PREFIX) {
                    lines.push_str("event: error\ndata:");
                    rest = error;
                } else if ERROR_PREFIX.starts_with(rest) {
                    rest.clone_into(&mut self.held);
                    break;
                }
            }
            let (line, next) = match rest.find(['\n', '\r']) {
                Some(end) => rest.split_at(end + 1),
                None => (rest, ""),
            };
            lines.push_str(line);
            self.is_no_error = !line.ends_with(['\n', '\r']);
            rest = next;
        }
        lines
    }
}
