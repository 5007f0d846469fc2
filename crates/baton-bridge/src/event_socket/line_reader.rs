//! The lines of a client, within limits of size and time.

use std::io;
use std::time::Duration;

use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::time::timeout;

use crate::bridge_message::LONGEST_LINE;

/// The longest time from the first byte of a line to its end. The limit is Baton's own: a hook writes a line at once.
const LINE_PATIENCE: Duration = Duration::from_secs(10);

/// The lines of a client. A dropped call of [`next_line`](Self::next_line) loses nothing.
pub(super) struct LineReader<R> {
    reader: BufReader<R>,
    line: Vec<u8>,
}

/// The next line of a client.
#[derive(Debug)]
pub(super) enum ClientLine {
    /// A line without its line break.
    Whole(Vec<u8>),
    /// A line above the limit. The rest of the connection cannot be read.
    TooLong,
    /// The client sends nothing more. A last line without a line break was never complete, and is ignored.
    End,
}

impl<R: AsyncRead + Unpin> LineReader<R> {
    pub(super) fn new(stream: R) -> Self {
        Self {
            reader: BufReader::new(stream),
            line: Vec::new(),
        }
    }

    /// Reads the next line.
    pub(super) async fn next_line(&mut self) -> io::Result<ClientLine> {
        loop {
            let piece = if self.line.is_empty() {
                self.reader.fill_buf().await?
            } else {
                let late = || io::Error::from(io::ErrorKind::TimedOut);
                let filled = timeout(LINE_PATIENCE, self.reader.fill_buf()).await;
                filled.map_err(|_| late())??
            };
            if piece.is_empty() {
                return Ok(ClientLine::End);
            }
            let end = piece.iter().position(|byte| *byte == b'\n');
            let taken = end.map_or(piece.len(), |end| end + 1);
            if self.line.len() + taken > LONGEST_LINE {
                return Ok(ClientLine::TooLong);
            }
            self.line.extend_from_slice(&piece[..taken]);
            self.reader.consume(taken);
            if end.is_some() {
                self.line.pop();
                return Ok(ClientLine::Whole(std::mem::take(&mut self.line)));
            }
        }
    }
}
