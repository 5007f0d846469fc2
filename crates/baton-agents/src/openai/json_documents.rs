//! Splits a body into JSON documents, however the network cuts the body. A document is complete at its last
//! bracket, because some servers then leave the connection open.

use futures_util::{Stream, StreamExt, stream};

use super::server_sent_events::{BrokenAnswer, ServerSentEvent};
use crate::safe_text::Utf8Pieces;

/// Returns the documents of a body, each of at most `limit` bytes. An error ends the stream.
pub(super) fn split_documents(
    bytes: impl Stream<Item = Result<Vec<u8>, BrokenAnswer>> + Send,
    limit: usize,
) -> impl Stream<Item = Result<ServerSentEvent, BrokenAnswer>> + Send {
    let mut text = Utf8Pieces::default();
    let mut splitter = DocumentSplitter::default();
    // The end of the body returns an incomplete document.
    bytes
        .map(Some)
        .chain(stream::iter([None]))
        .flat_map(move |bytes| {
            let found = match bytes {
                Some(Ok(bytes)) => {
                    let mut found = splitter.push(&text.push(&bytes));
                    if splitter.unfinished.len() > limit {
                        found.push(Err(BrokenAnswer::TooLong(limit)));
                    }
                    found
                }
                Some(Err(broken)) => vec![Err(broken)],
                None => splitter.take_document(),
            };
            stream::iter(found)
        })
}

/// Splits a text into documents. Text between documents is skipped.
#[derive(Debug, Default)]
struct DocumentSplitter {
    /// The beginning of a document without its end yet.
    unfinished: String,
    /// The number of open brackets.
    open: usize,
    in_string: bool,
    escaped: bool,
}

impl DocumentSplitter {
    fn push(&mut self, text: &str) -> Vec<Result<ServerSentEvent, BrokenAnswer>> {
        let mut found = Vec::new();
        for letter in text.chars() {
            if self.open == 0 && !matches!(letter, '{' | '[') {
                continue;
            }
            self.unfinished.push(letter);
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
                found.extend(self.take_document());
            }
        }
        found
    }

    /// Returns the document so far.
    fn take_document(&mut self) -> Vec<Result<ServerSentEvent, BrokenAnswer>> {
        let data = std::mem::take(self).unfinished;
        let event = (!data.is_empty()).then_some(ServerSentEvent {
            data,
            is_error: false,
        });
        event.into_iter().map(Ok).collect()
    }
}
