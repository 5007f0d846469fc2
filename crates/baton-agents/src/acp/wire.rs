//! Reads and writes the protocol's messages on two pipes, one message per line.
//!
//! The message types come from the crate, but not the connection: the crate's connection reads ahead without
//! a limit. Baton reads only as fast as people can follow.

use agent_client_protocol::{RawJsonRpcMessage, TransportFrame};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::process::{ChildStdin, ChildStdout};

use super::acp_errors::AcpError;
use crate::safe_text;

/// Limit of a logged line, in characters.
const LOG_LIMIT: usize = 200;
/// Limit of lines that are not messages. Some agents print a few warnings on their output.
const STRAY_LIMIT: usize = 100;

/// The messages of the agent.
pub(super) struct IncomingMessages<'a> {
    pipe: BufReader<&'a mut ChildStdout>,
    /// The beginning of a line without its end yet.
    unfinished: Vec<u8>,
    /// Limit of a line, in bytes.
    limit: usize,
    /// The number of lines that were not messages.
    stray_lines: usize,
}

impl<'a> IncomingMessages<'a> {
    pub(super) fn new(pipe: &'a mut ChildStdout, limit: usize) -> Self {
        Self {
            pipe: BufReader::new(pipe),
            unfinished: Vec::new(),
            limit,
            stray_lines: 0,
        }
    }

    /// Returns the next message. Cancel-safe.
    pub(super) async fn next(&mut self) -> Result<RawJsonRpcMessage, AcpError> {
        loop {
            let line = self.read_line().await?;
            let line = String::from_utf8_lossy(&line);
            if line.trim().is_empty() {
                continue;
            }
            match TransportFrame::parse_json(&line) {
                TransportFrame::Single(message) => return Ok(message),
                _ => self.log_stray(&line)?,
            }
        }
    }

    fn log_stray(&mut self, line: &str) -> Result<(), AcpError> {
        let line = safe_text::cut_text(line, LOG_LIMIT);
        tracing::debug!(line, "an agent wrote a line that is no message");
        self.stray_lines += 1;
        if self.stray_lines > STRAY_LIMIT {
            return Err(AcpError::Garbage);
        }
        Ok(())
    }

    async fn read_line(&mut self) -> Result<Vec<u8>, AcpError> {
        loop {
            // A read error counts as the end of the output.
            let bytes = self.pipe.fill_buf().await.unwrap_or_default();
            if bytes.is_empty() {
                return Err(AcpError::Silent);
            }
            let end = bytes.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(bytes.len(), |end| end + 1);
            if self.unfinished.len() + taken > self.limit {
                return Err(AcpError::LongLine(self.limit));
            }
            self.unfinished.extend_from_slice(&bytes[..taken]);
            self.pipe.consume(taken);
            if end.is_some() {
                return Ok(std::mem::take(&mut self.unfinished));
            }
        }
    }
}

/// The messages to the agent. A drop closes the agent's input.
pub(super) struct OutgoingMessages {
    /// `None` if the agent does not read any more.
    pipe: Option<ChildStdin>,
    /// The queued bytes.
    lines: Vec<u8>,
    /// How many of the queued bytes are written.
    written: usize,
    /// The number of answers in the queue.
    answers: usize,
}

impl OutgoingMessages {
    pub(super) fn new(pipe: ChildStdin) -> Self {
        Self {
            pipe: Some(pipe),
            lines: Vec::new(),
            written: 0,
            answers: 0,
        }
    }

    /// The number of answers that the agent has not read yet.
    pub(super) fn queued_answers(&self) -> usize {
        self.answers
    }

    /// Queues a message.
    pub(super) fn queue_message(&mut self, message: &RawJsonRpcMessage) {
        // Baton's messages consist of texts and numbers, so the conversion to JSON cannot fail.
        if let Ok(line) = serde_json::to_vec(message) {
            self.lines.extend_from_slice(&line);
            self.lines.push(b'\n');
            self.answers += usize::from(message.response_id().is_some());
        }
    }

    /// Whether [`OutgoingMessages::write_queued`] has work to do.
    pub(super) fn is_due(&self) -> bool {
        self.pipe.is_some() && !self.lines.is_empty()
    }

    /// Writes a part of the queue. Cancel-safe.
    pub(super) async fn write_queued(&mut self) {
        let Some(pipe) = &mut self.pipe else {
            return;
        };
        match pipe.write(&self.lines[self.written..]).await {
            Ok(written) => self.written += written,
            // The agent does not read any more. Its output says why.
            Err(_) => self.pipe = None,
        }
        if self.pipe.is_none() || self.written == self.lines.len() {
            self.lines.clear();
            self.written = 0;
            self.answers = 0;
        }
    }
}
