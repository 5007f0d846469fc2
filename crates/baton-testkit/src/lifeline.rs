//! Tells when processes are gone, by a pipe that they hold and that the system closes with them:
//! nobody has to look again and again.

use std::path::{Path, PathBuf};

use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use tempfile::TempDir;
use tokio::io::AsyncReadExt;
use tokio::net::unix::pipe;

use crate::agent_run::within;

/// A pipe that ends when the last process that holds it is gone.
pub struct Lifeline {
    read: pipe::Receiver,
    path: PathBuf,
    _directory: TempDir,
}

impl Lifeline {
    /// One that nobody holds yet.
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

    /// What a process opens for writing, to hold it.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Waits until so many processes, which each write `up` and a new line, hold it.
    pub async fn held(&mut self, by: usize) {
        let mut up = vec![0; by * "up\n".len()];
        let read = self.read.read_exact(&mut up);
        within("the processes are up", read)
            .await
            .expect("they hold the line");
        assert_eq!(String::from_utf8_lossy(&up), "up\n".repeat(by));
    }

    /// Waits until nobody holds it.
    pub async fn let_go(&mut self) {
        let mut rest = Vec::new();
        let read = self.read.read_to_end(&mut rest);
        within("all that held the line are gone", read)
            .await
            .expect("a pipe can be read");
    }
}
