//! The standard input of the CLI. Lines are queued, and written as fast as the CLI reads, so no caller waits.

use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;

/// The queue in front of the standard input.
#[derive(Debug)]
pub(super) struct CliInput {
    /// `None` after closing.
    stdin: Option<ChildStdin>,
    /// The queued bytes.
    lines: Vec<u8>,
    /// How many of the queued bytes are written.
    written: usize,
    /// Whether the input closes after the queue.
    ends: bool,
}

impl CliInput {
    pub(super) fn new(stdin: ChildStdin) -> Self {
        Self {
            stdin: Some(stdin),
            lines: Vec::new(),
            written: 0,
            ends: false,
        }
    }

    /// Queues a line. Lines after [`CliInput::close_after_queue`] are dropped.
    pub(super) fn queue_line(&mut self, line: &str) {
        if !self.ends {
            self.lines.extend_from_slice(line.as_bytes());
        }
    }

    /// Closes the input after the queued lines.
    pub(super) fn close_after_queue(&mut self) {
        self.ends = true;
    }

    /// Whether [`CliInput::write_queued`] has work to do.
    pub(super) fn is_due(&self) -> bool {
        self.stdin.is_some() && (self.ends || self.written < self.lines.len())
    }

    /// Writes a part of the queue. Cancel-safe.
    pub(super) async fn write_queued(&mut self) {
        let Some(stdin) = &mut self.stdin else {
            return;
        };
        if self.written < self.lines.len() {
            match stdin.write(&self.lines[self.written..]).await {
                Ok(written) => self.written += written,
                // The CLI does not read any more. Its output says why.
                Err(_) => self.stdin = None,
            }
        }
        if self.written == self.lines.len() {
            self.lines.clear();
            self.written = 0;
            if self.ends {
                self.stdin = None;
            }
        }
    }
}
