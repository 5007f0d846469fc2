//! The standard error of a child. The last lines usually say why the child failed.

use tokio::io::{AsyncRead, AsyncReadExt};

/// The size of one read, in bytes.
const PIECE: usize = 8 * 1024;
/// The size of the kept end, in bytes.
const KEPT: usize = 4 * 1024;

/// The end of a program's standard error.
#[derive(Debug, Default)]
pub(crate) struct StderrTail(Vec<u8>);

impl StderrTail {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// Reads until the stream ends. The future may be dropped and the method called again.
    pub(crate) async fn read_stream(&mut self, mut stderr: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; PIECE];
        while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
            self.0.extend_from_slice(&buffer[..read]);
            self.0.drain(..self.0.len().saturating_sub(KEPT));
        }
    }
}
