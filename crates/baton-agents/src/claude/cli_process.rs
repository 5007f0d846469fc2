//! A running CLI: the child process and its pipes. A CLI answers one turn at a time.

use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use baton_core::clock::Clock;
use baton_core::name::SessionId;
use tokio::fs;
use tokio::process::{ChildStderr, ChildStdout};

use super::cli_input::CliInput;
use super::events::StreamReader;
use crate::child::{ChildPipes, ChildProcess, StderrTail};

/// How long the CLI may take to end after its last output.
pub(super) const EXIT_LIMIT: Duration = Duration::from_secs(5);

/// A running CLI. A drop kills the CLI and all processes started by the CLI.
pub(super) struct CliProcess {
    pub(super) child: ChildProcess,
    pub(super) input: CliInput,
    pub(super) stdout: ChildStdout,
    pub(super) reader: StreamReader,
    pub(super) stderr: ChildStderr,
    pub(super) stderr_open: bool,
    pub(super) complaints: StderrTail,
    /// The arguments of the CLI, without the session.
    pub(super) arguments: Vec<String>,
    /// The working directory of the CLI.
    pub(super) directory: Option<PathBuf>,
    /// The session of the CLI; `None` until a turn has ended.
    pub(super) session: Option<SessionId>,
    /// The folder for output files, as named when the CLI was started.
    outbox: Option<PathBuf>,
}

impl CliProcess {
    pub(super) fn new(
        (child, pipes): (ChildProcess, ChildPipes),
        arguments: Vec<String>,
        directory: Option<&Path>,
        outbox: Option<PathBuf>,
    ) -> Self {
        Self {
            child,
            input: CliInput::new(pipes.stdin),
            stdout: pipes.stdout,
            reader: StreamReader::default(),
            stderr: pipes.stderr,
            stderr_open: true,
            complaints: StderrTail::default(),
            arguments,
            directory: directory.map(Path::to_owned),
            session: None,
            outbox,
        }
    }

    /// Prepares the next turn: creates the output folder of the CLI again. The new turn has another folder.
    pub(super) async fn begin_turn(&self) -> io::Result<()> {
        match &self.outbox {
            Some(outbox) => fs::create_dir_all(outbox).await,
            None => Ok(()),
        }
    }

    /// Plans the move of the output files from the CLI's folder to the folder of the turn.
    pub(super) fn plan_hand_over(&self, to: Option<&Path>) -> HandOver {
        let from = self.outbox.clone();
        HandOver(from.zip(to.map(Path::to_owned)))
    }

    /// Closes the input, and waits until the CLI and all its processes are gone.
    pub(super) async fn shut_down(mut self, clock: &dyn Clock) {
        self.input.close_after_queue();
        let until = clock.steady().after(EXIT_LIMIT);
        let ended = async {
            while self.input.is_due() {
                self.input.write_queued().await;
            }
            self.child.wait_until_ended().await;
        };
        tokio::select! {
            () = ended => {}
            () = clock.sleep_until(until) => {}
        }
        if let Err(error) = self.child.reap().await {
            tracing::debug!(%error, "the exit status of a Claude CLI is unknown");
        }
    }
}

/// A planned move of output files at the end of a turn.
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
