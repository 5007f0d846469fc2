//! Detects the end of processes through a pipe that each process holds. The kernel closes the pipe with the
//! last process, so no test has to poll.

use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use crate::agent_run::within;

/// A named pipe that ends when the last process holding it ends.
pub struct Lifeline {
    read: pipe::Receiver,
    path: PathBuf,
    _directory: TempDir,
}

impl Lifeline {
    /// Creates a pipe without holders.
    #[expect(clippy::new_without_default, reason = "it makes a file")]
    pub fn new() -> Self {
        let directory = tempfile::tempdir().expect("tests can write somewhere");
        let path = directory.path().join("lifeline");
        mkfifo(&path, Mode::S_IRWXU).expect("a pipe can be made in a new folder");
        let read = pipe::OpenOptions::new().open_receiver(&path);
        Self {
            read: read.expect("the pipe that was just made"),
            path,
            _directory: directory,
        }
    }

    /// The path of the pipe. A process holds the pipe by opening this path for writing.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until `by` processes hold the pipe. Each process writes `up` and a new line.
    pub async fn held(&mut self, by: usize) {
        let mut up = vec![0; by * "up\n".len()];
        let read = self.read.read_exact(&mut up);
        within("the processes are up", read)
            .await
            .expect("they hold the line");
        assert_eq!(String::from_utf8_lossy(&up), "up\n".repeat(by));
    }

    /// Waits until no process holds the pipe.
    pub async fn let_go(&mut self) {
        let mut rest = Vec::new();
        let read = self.read.read_to_end(&mut rest);
        within("all that held the line are gone", read)
            .await
            .expect("a pipe can be read");
    }
}
