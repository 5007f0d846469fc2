//! Splits a body into JSON documents, however the network cuts the body. A document is complete at its last
//! bracket, because some servers then leave the connection open.

use futures_util::{Stream, StreamExt, stream};

use super::events::{Broken, Event};
use crate::text::Utf8Pieces;

/// Returns the documents of a body, each of at most `limit` bytes. An error ends the stream.
pub(super) fn documents(
    bytes: impl Stream<Item = Result<Vec<u8>, Broken>> + Send,
    limit: usize,
) -> impl Stream<Item = Result<Event, Broken>> + Send {
    let mut text = Utf8Pieces::default();
    let mut splitting = Splitting::default();
    // The end of the body returns an incomplete document.
    bytes
        .map(Some)
        .chain(stream::iter([None]))
        .flat_map(move |bytes| {
            let found = match bytes {
                Some(Ok(bytes)) => {
                    let mut found = splitting.push(&text.push(&bytes));
                    if splitting.begun.len() > limit {
                        found.push(Err(Broken::TooLong(limit)));
                    }
                    found
                }
                Some(Err(broken)) => vec![Err(broken)],
                None => splitting.rest(),
            };
            stream::iter(found)
        })
}

/// Splits a text into documents. Text between documents is skipped.
#[derive(Debug, Default)]
struct Splitting {
    /// The beginning of a document without its end yet.
    begun: String,
    /// The number of open brackets.
    open: usize,
    in_string: bool,
    escaped: bool,
}

impl Splitting {
    fn push(&mut self, text: &str) -> Vec<Result<Event, Broken>> {
        let mut found = Vec::new();
        for letter in text.chars() {
            if self.open == 0 && !matches!(letter, '{' | '[') {
                continue;
            }
            self.begun.push(letter);
            match letter {
                _ if self.escaped => self.escaped = false,
                '\\' if self.in_string => self.escaped = true,
                '"' => self.in_string = !self.in_string,
                _ if self.in_string => {}
                '{' | '[' => self.open += 1,
                '}' | ']' => self.open -= 1,
                _ => {}
            }
            if self.open == 0 {
                found.extend(self.rest());
            }
        }
        found
    }

    /// Returns the document so far.
    fn rest(&mut self) -> Vec<Result<Event, Broken>> {
        let data = std::mem::take(self).begun;
        let event = (!data.is_empty()).then_some(Event {
            data,
            is_error: false,
        });
        event.into_iter().map(Ok).collect()
    }
}
