//! What the API can answer.

use serde_json::Value;
use tokio::sync::mpsc;

use super::sheet::{Block, Sheet};
use crate::wire::End;

/// One answer.
#[derive(Debug)]
pub struct Answer(pub(super) Form);

#[derive(Debug)]
pub(super) enum Form {
    /// Nothing at all, not even a status.
    Nothing,
    /// An error instead of a message.
    Error {
        status: u16,
        message: String,
        retry_after: Option<u64>,
    },
    /// A message, streamed where the caller wants that.
    Message(Vec<Block>),
    /// The beginning of a message, and then something else.
    Cut {
        text: String,
        then: Vec<u8>,
        end: End,
    },
    /// Streamed as the test writes it.
    Driven(mpsc::UnboundedReceiver<Vec<u8>>),
}

impl Answer {
    /// A text, streamed in words.
    pub fn text(text: &str) -> Self {
        Self(Form::Message(vec![Block::Text(text.to_owned())]))
    }

    /// A call of a tool.
    pub fn tool(name: &str, input: Value) -> Self {
        Self(Form::Message(Vec::new())).and_tool(name, input)
    }

    /// And a call of a tool behind it.
    ///
    /// # Panics
    ///
    /// Where the answer is no text and no call.
    #[must_use]
    pub fn and_tool(mut self, name: &str, input: Value) -> Self {
        let Form::Message(blocks) = &mut self.0 else {
            panic!("only a message can call a tool");
        };
        let name = name.to_owned();
        blocks.push(Block::Tool { name, input });
        self
    }

    /// An error, of the type that the API gives with this status. The CLI tries again by itself
    /// after 429, 529 and what is wrong with the server, unless it is told not to.
    pub fn status(status: u16, message: &str) -> Self {
        Self(Form::Error {
            status,
            message: message.to_owned(),
            retry_after: None,
        })
    }

    /// Too many requests; come again in so many seconds.
    pub fn too_many(seconds: u64) -> Self {
        Self(Form::Error {
            status: 429,
            message: "Number of requests has exceeded your rate limit".to_owned(),
            retry_after: Some(seconds),
        })
    }

    /// Begins to answer, then breaks the connection.
    pub fn breaks_after(text: &str) -> Self {
        Self::cut(text, Vec::new(), End::Break)
    }

    /// Begins to answer, then says nothing more.
    pub fn silent_after(text: &str) -> Self {
        Self::cut(text, Vec::new(), End::Silence)
    }

    /// Never answers, not even with a status.
    pub fn nothing() -> Self {
        Self(Form::Nothing)
    }

    /// Streams what the test writes, when it writes it. When the pen is dropped without
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

/// What a test writes an answer with.
#[derive(Debug)]
pub struct Pen {
    lines: mpsc::UnboundedSender<Vec<u8>>,
    sheet: Sheet,
}

impl Pen {
    /// More of the text.
    pub fn say(&mut self, text: &str) {
        let events = self.sheet.say(text);
        self.raw(events);
    }

    /// A call of a tool.
    pub fn call(&mut self, name: &str, input: &Value) {
        let events = self.sheet.call(name, input);
        self.raw(events);
    }

    /// Any bytes.
    pub fn raw(&self, bytes: impl Into<Vec<u8>>) {
        // A caller who hung up reads nothing more.
        let _ = self.lines.send(bytes.into());
    }

    /// The message is whole.
    pub fn finish(mut self) {
        let events = self.sheet.end();
        self.raw(events);
        self.raw(Vec::new());
    }
}

/// The pieces of a message: each word, each call.
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
