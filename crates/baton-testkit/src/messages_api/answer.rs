//! The possible answers of the API.

use serde_json::Value;
use tokio::sync::mpsc;

use super::sheet::{Block, Sheet};
use crate::wire::End;

/// One answer.
#[derive(Debug)]
pub struct Answer(pub(super) Form);

#[derive(Debug)]
pub(super) enum Form {
    /// No answer at all, not even a status.
    Nothing,
    /// An error instead of a message.
    Error {
        status: u16,
        message: String,
        retry_after: Option<u64>,
    },
    /// A message, streamed if the caller asks for a stream.
    Message(Vec<Block>),
    /// The beginning of a message, then other bytes, then `end`.
    Cut {
        text: String,
        then: Vec<u8>,
        end: End,
    },
    /// A stream written by the test.
    Driven(mpsc::UnboundedReceiver<Vec<u8>>),
}

impl Answer {
    /// A text, streamed word by word.
    pub fn text(text: &str) -> Self {
        Self(Form::Message(vec![Block::Text(text.to_owned())]))
    }

    /// A tool call.
    pub fn tool(name: &str, input: Value) -> Self {
        Self(Form::Message(Vec::new())).and_tool(name, input)
    }

    /// Adds a tool call to the end of the answer.
    ///
    /// # Panics
    ///
    /// Panics if the answer is neither a text nor a tool call.
    #[must_use]
    pub fn and_tool(mut self, name: &str, input: Value) -> Self {
        let Form::Message(blocks) = &mut self.0 else {
            panic!("only a message can call a tool");
        };
        let name = name.to_owned();
        blocks.push(Block::Tool { name, input });
        self
    }

    /// An error, with the API's error type for this status. The CLI repeats the request after 429, 529 and
    /// server errors, unless configured otherwise.
    pub fn status(status: u16, message: &str) -> Self {
        Self(Form::Error {
            status,
            message: message.to_owned(),
            retry_after: None,
        })
    }

    /// Status 429 with `retry-after` in seconds.
    pub fn too_many(seconds: u64) -> Self {
        Self(Form::Error {
            status: 429,
            message: "Number of requests has exceeded your rate limit".to_owned(),
            retry_after: Some(seconds),
        })
    }

    /// Begins the answer, then breaks the connection.
    pub fn breaks_after(text: &str) -> Self {
        Self::cut(text, Vec::new(), End::Break)
    }

    /// Begins the answer, then sends nothing more.
    pub fn silent_after(text: &str) -> Self {
        Self::cut(text, Vec::new(), End::Silence)
    }

    /// Never answers, not even with a status.
    pub fn nothing() -> Self {
        Self(Form::Nothing)
    }

    /// Streams the text that the test writes, at the test's pace. If the pen is dropped without
    /// [`finish`](Pen::finish), the connection breaks.
    pub fn driven() -> (Self, Pen) {
        let (lines, written) = mpsc::unbounded_channel();
        let pen = Pen {
            lines,
            sheet: Sheet::default(),
        };
        pen.raw(Sheet::begin());
        (Self(Form::Driven(written)), pen)
    }

    fn cut(text: &str, then: Vec<u8>, end: End) -> Self {
        let text = text.to_owned();
        Self(Form::Cut { text, then, end })
    }
}

/// Writes a streamed answer.
#[derive(Debug)]
pub struct Pen {
    lines: mpsc::UnboundedSender<Vec<u8>>,
    sheet: Sheet,
}

impl Pen {
    /// Sends more text.
    pub fn say(&mut self, text: &str) {
        let events = self.sheet.say(text);
        self.raw(events);
    }

    /// Sends a tool call.
    pub fn call(&mut self, name: &str, input: &Value) {
        let events = self.sheet.call(name, input);
        self.raw(events);
    }

    /// Sends raw bytes.
    pub fn raw(&self, bytes: impl Into<Vec<u8>>) {
        // A send fails only after the caller has hung up.
        let _ = self.lines.send(bytes.into());
    }

    /// Ends the message.
    pub fn finish(mut self) {
        let events = self.sheet.end();
        self.raw(events);
        self.raw(Vec::new());
    }
}

/// The events of a message, in pieces: one for each word and each tool call.
pub(super) fn pieces(blocks: &[Block]) -> Vec<Vec<u8>> {
    let mut sheet = Sheet::default();
    let mut pieces = vec![Sheet::begin()];
    for block in blocks {
        match block {
            Block::Text(text) => {
                pieces.extend(text.split_inclusive(' ').map(|word| sheet.say(word)));
            }
            Block::Tool { name, input } => pieces.push(sheet.call(name, input)),
        }
    }
    pieces.push(sheet.end());
    pieces
}
