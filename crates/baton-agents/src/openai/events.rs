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
    /// An event or a document has no end.
    #[error("it sent more than {0} bytes at once")]
    TooLong(usize),
    /// That is no event stream.
    #[error("what it sent could not be understood")]
    NotUnderstood,
}

/// It shows only words of ours.
impl Harmless for Broken {}

/// One event.
#[derive(Debug)]
pub(super) struct Event {
    pub(super) data: String,
    /// It is called an error.
    pub(super) is_error: bool,
}

/// The events of a body. Errors are last.
pub(super) fn events<B: AsRef<[u8]>>(
    bytes: impl Stream<Item = Result<B, Broken>> + Send,
) -> impl Stream<Item = Result<Event, Broken>> + Send {
    let unread = Arc::new(AtomicUsize::new(0));
    let read = Arc::clone(&unread);
    let mut text = Utf8Pieces::default();
    let mut lines = Lines::default();
    let pieces = bytes.map(move |bytes| {
        let bytes = bytes?;
        let bytes = bytes.as_ref();
        if unread.fetch_add(bytes.len(), Ordering::Relaxed) + bytes.len() > EVENT_LIMIT {
            return Err(Broken::TooLong(EVENT_LIMIT));
        }
        Ok(lines.push(&text.push(bytes)))
    });
    // A server that hangs up without the last blank line has said its last event all the same.
    let end = stream::once(future::ready(Ok("\n\n".to_owned())));
    EventStream::new(pieces.chain(end)).map(move |event| {
        read.store(0, Ordering::Relaxed);
        match event {
            Ok(event) => Ok(Event {
                data: event.data,
                is_error: event.event == "error",
            }),
            Err(EventStreamError::Transport(broken)) => Err(broken),
            Err(EventStreamError::Utf8(_) | EventStreamError::Parser(_)) => {
                Err(Broken::NotUnderstood)
            }
        }
    })
}

/// How llama.cpp begins the line that tells an error, which is in no description of events.
const ERROR: &str = "error:";

/// Lines that come in pieces.
#[derive(Debug, Default)]
struct Lines {
    /// What may be the beginning of an error's line.
    held: String,
    /// A line has begun and is no error's.
    within: bool,
}

impl Lines {
    /// The same text, with each error as an event of that name.
    fn push(&mut self, text: &str) -> String {
        self.held.push_str(text);
        let held = std::mem::take(&mut self.held);
        let mut rest = held.as_str();
        let mut lines = String::with_capacity(rest.len());
        while !rest.is_empty() {
            if !self.within {
                if let Some(error) = rest.strip_prefix(ERROR) {
                    lines.push_str("event: error\ndata:");
                    rest = error;
                } else if ERROR.starts_with(rest) {
                    rest.clone_into(&mut self.held);
                    break;
                }
            }
            let (line, next) = match rest.find(['\n', '\r']) {
                Some(end) => rest.split_at(end + 1),
                None => (rest, ""),
            };
            lines.push_str(line);
            self.within = !line.ends_with(['\n', '\r']);
            rest = next;
        }
        lines
    }
}
