//! The messages of the protocol on the two pipes: one line each.
//!
//! The crate's types say what a message is. Its connection is not used: that reads ahead without a
//! bound, and here a turn reads as fast as people can follow.

use agent_client_protocol::{RawJsonRpcMessage, TransportFrame};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};

use super::failure::Trouble;
use crate::text;

/// How much of what is no message is logged, in characters.
const LOGGED: usize = 200;
/// How many lines may be no message. Some agents print a warning or two where they should not.
const STRAY_LIMIT: usize = 100;

/// What the agent says.
pub(super) struct Incoming<'a> {
    pipe: BufReader<&'a mut ChildStdout>,
    /// The beginning of a line whose end has not come.
    begun: Vec<u8>,
    /// How long a line may be, in bytes.
    limit: usize,
    /// How many lines were no message.
    stray: usize,
}

impl<'a> Incoming<'a> {
    pub(super) fn new(pipe: &'a mut ChildStdout, limit: usize) -> Self {
        Self {
            pipe: BufReader::new(pipe),
            begun: Vec::new(),
            limit,
            stray: 0,
        }
    }

    /// The next message. May be dropped and called again.
    pub(super) async fn next(&mut self) -> Result<RawJsonRpcMessage, Trouble> {
        loop {
            let line = self.line().await?;
            let line = String::from_utf8_lossy(&line);
            if line.trim().is_empty() {
                continue;
            }
            match TransportFrame::parse_json(&line) {
                TransportFrame::Single(message) => return Ok(message),
                _ => self.put_aside(&line)?,
            }
        }
    }

    fn put_aside(&mut self, line: &str) -> Result<(), Trouble> {
        let line = text::cut(line, LOGGED);
        tracing::debug!(line, "an agent wrote what is no message");
        self.stray += 1;
        if self.stray > STRAY_LIMIT {
            return Err(Trouble::Garbage);
        }
        Ok(())
    }

    async fn line(&mut self) -> Result<Vec<u8>, Trouble> {
        loop {
            // A pipe that cannot be read any more has nothing more to say.
            let bytes = self.pipe.fill_buf().await.unwrap_or_default();
            if bytes.is_empty() {
                return Err(Trouble::Silent);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |end| end + 1);
            if self.begun.len() + taken > self.limit {
                return Err(Trouble::LongLine(self.limit));
            }
            self.begun.extend_from_slice(&bytes[..taken]);
            self.pipe.consume(taken);
            if end.is_some() {
                return Ok(std::mem::take(&mut self.begun));
            }
        }
    }
}

/// What the agent is told. Dropped, its input is at its end.
pub(super) struct Outgoing {
    /// `None` when it no longer listens.
    pipe: Option<ChildStdin>,
    /// What is still to be written.
    lines: Vec<u8>,
    /// How much of that is.
    written: usize,
    /// How many answers are among it.
    answers: usize,
}

impl Outgoing {
    pub(super) fn new(pipe: ChildStdin) -> Self {
        Self {
            pipe: Some(pipe),
            lines: Vec::new(),
            written: 0,
            answers: 0,
        }
    }

    /// How many answers the agent has not read yet.
    pub(super) fn answers(&self) -> usize {
        self.answers
    }

    /// Adds a message.
    pub(super) fn tell(&mut self, message: &RawJsonRpcMessage) {
        // Ours are made of texts and numbers: all of them can be written as JSON.
        if let Ok(line) = serde_json::to_vec(message) {
            self.lines.extend_from_slice(&line);
            self.lines.push(b'\n');
            self.answers += usize::from(message.response_id().is_some());
        }
    }

    /// Whether [`Outgoing::flow`] has something to do.
    pub(super) fn is_due(&self) -> bool {
        self.pipe.is_some() && !self.lines.is_empty()
    }

    /// Writes some of it. May be dropped and called again.
    pub(super) async fn flow(&mut self) {
        let Some(pipe) = &mut self.pipe else {
            return;
        };
        match pipe.write(&self.lines[self.written..]).await {
            Ok(written) => self.written += written,
            // It does not listen any more; what it says of that comes the other way.
            Err(_) => self.pipe = None,
        }
        if self.pipe.is_none() || self.written == self.lines.len() {
            self.lines.clear();
            self.written = 0;
            self.answers = 0;
        }
    }
}
