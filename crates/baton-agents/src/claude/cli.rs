//! A CLI that runs: the child, and the ways to talk with it. One turn talks with it at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::name::SessionId;
use tokio::fs;
use tokio::process::{ChildStderr, ChildStdout};

use super::events::StreamReader;
use super::input::Input;
use crate::child::{Child, Complaints, Pipes};

/// How long it has to end when it has said all.
pub(super) const SAID_ALL: Duration = Duration::from_secs(5);

/// A CLI that runs. Dropped, it is killed, and all that it started.
pub(super) struct Cli {
    pub(super) child: Child,
    pub(super) input: Input,
    pub(super) stdout: ChildStdout,
    pub(super) reader: StreamReader,
    pub(super) stderr: ChildStderr,
    pub(super) stderr_open: bool,
    pub(super) complaints: Complaints,
    /// What it was begun with, but for its session.
    pub(super) words: Vec<String>,
    /// Where it was begun.
    pub(super) directory: Option<PathBuf>,
    /// The session that it works in, once a turn has ended in it.
    pub(super) session: Option<SessionId>,
    /// Where it was told to put files that are sent.
    outbox: Option<PathBuf>,
}

impl Cli {
    pub(super) fn new(
        (child, pipes): (Child, Pipes),
        words: Vec<String>,
        directory: Option<&Path>,
        outbox: Option<PathBuf>,
    ) -> Self {
        Self {
            child,
            input: Input::new(pipes.stdin),
            stdout: pipes.stdout,
            reader: StreamReader::default(),
            stderr: pipes.stderr,
            stderr_open: true,
            complaints: Complaints::default(),
            words,
            directory: directory.map(Path::to_owned),
            session: None,
            outbox,
        }
    }

    /// The folder that it was told of is there again, for a turn with another one.
    pub(super) async fn begin_turn(&self) -> io::Result<()> {
        match &self.outbox {
            Some(outbox) => fs::create_dir_all(outbox).await,
            None => Ok(()),
        }
    }

    /// What it put there goes to where the turn looks for it.
    pub(super) fn hands_over(&self, to: Option<&Path>) -> HandOver {
        let from = self.outbox.clone();
        HandOver(from.zip(to.map(Path::to_owned)))
    }

    /// Ends it, in its own way, and waits until nothing is left of it.
    pub(super) async fn end(mut self, clock: &dyn Clock) {
        self.input.end();
        let until = clock.steady().after(SAID_ALL);
        let ended = async {
            while self.input.is_due() {
                self.input.flow().await;
            }
            self.child.ended().await;
        };
        tokio::select! {
            () = ended => {}
            () = clock.sleep_until(until) => {}
        }
        if let Err(error) = self.child.reap().await {
            tracing::debug!(%error, "how a Claude CLI ended is not known");
        }
    }
}

/// From where to where files go when a turn is over.
pub(super) struct HandOver(Option<(PathBuf, PathBuf)>);

impl HandOver {
    pub(super) async fn carry_out(self) -> io::Result<()> {
        let Some((from, to)) = self.0.filter(|(from, to)| from != to) else {
            return Ok(());
        };
        let mut entries = match fs::read_dir(&from).await {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
            entries => entries?,
        };
        while let Some(entry) = entries.next_entry().await? {
            fs::rename(entry.path(), to.join(entry.file_name())).await?;
        }
        fs::remove_dir(from).await
    }
}
