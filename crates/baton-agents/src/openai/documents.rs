//! JSON documents, however the network cuts them: each is known as soon as its last bracket is there, because
//! some servers leave the connection open behind it.

use futures_util::{Stream, StreamExt, stream};

use super::events::{Broken, Event};
use crate::text::Utf8Pieces;

/// The documents of a body, each of at most `limit` bytes. Errors are last.
pub(super) fn documents(
    bytes: impl Stream<Item = Result<Vec<u8>, Broken>> + Send,
    limit: usize,
) -> impl Stream<Item = Result<Event, Broken>> + Send {
    let mut text = Utf8Pieces::default();
    let mut splitting = Splitting::default();
    // Behind the last piece comes what has no end.
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

/// Splits a text into documents. What stands between them is none and is left out.
#[derive(Debug, Default)]
struct Splitting {
    /// The document whose end has not come.
    begun: String,
    /// How many brackets are open.
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

    /// What has been begun.
    fn rest(&mut self) -> Vec<Result<Event, Broken>> {
        let data = std::mem::take(self).begun;
        let event = (!data.is_empty()).then_some(Event {
            data,
            is_error: false,
        });
        event.into_iter().map(Ok).collect()
    }
}
