//! What a child writes to standard error: its last words say why it failed.

use tokio::io::{AsyncRead, AsyncReadExt};

/// How much is read at once, in bytes.
const PIECE: usize = 8 * 1024;
/// How much is kept, in bytes.
const KEPT: usize = 4 * 1024;

/// The last of what a program complained about.
#[derive(Debug, Default)]
pub(crate) struct Complaints(Vec<u8>);

impl Complaints {
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.0).into_owned()
    }

    /// Listens until there is nothing more. May be dropped and called again.
    pub(crate) async fn overhear(&mut self, mut stderr: impl AsyncRead + Unpin) {
        let mut buffer = vec![0; PIECE];
        while let Ok(read @ 1..) = stderr.read(&mut buffer).await {
            self.0.extend_from_slice(&buffer[..read]);
            self.0.drain(..self.0.len().saturating_sub(KEPT));
        }
    }
}
