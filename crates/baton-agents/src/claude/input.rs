//! What is written to the CLI: line after line, as fast as it reads, and nothing waits for that.

use tokio::io::AsyncWriteExt;
use tokio::process::ChildStdin;

/// Its standard input.
#[derive(Debug)]
pub(super) struct Input {
    /// `None` when it is closed.
    stdin: Option<ChildStdin>,
    /// What is still to be written.
    lines: Vec<u8>,
    /// How much of that is.
    written: usize,
    /// Nothing more comes.
    ends: bool,
}

impl Input {
    pub(super) fn new(stdin: ChildStdin) -> Self {
        Self {
            stdin: Some(stdin),
            lines: Vec::new(),
            written: 0,
            ends: false,
        }
    }

    /// Adds a line. Behind the end, there is nobody to hear it.
    pub(super) fn tell(&mut self, line: &str) {
        if !self.ends {
            self.lines.extend_from_slice(line.as_bytes());
        }
    }

    /// Nothing more comes behind what was told.
    pub(super) fn end(&mut self) {
        self.ends = true;
    }

    /// Whether [`Input::flow`] has something to do.
    pub(super) fn is_due(&self) -> bool {
        self.stdin.is_some() && (self.ends || self.written < self.lines.len())
    }

    /// Writes some of it. May be dropped and called again.
    pub(super) async fn flow(&mut self) {
        let Some(stdin) = &mut self.stdin else {
            return;
        };
        if self.written < self.lines.len() {
            match stdin.write(&self.lines[self.written..]).await {
                Ok(written) => self.written += written,
                // It does not listen any more; what it says of that comes the other way.
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
