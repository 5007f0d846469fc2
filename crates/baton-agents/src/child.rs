//! A program that an agent runs, with all its child processes, as one unit that can be ended.
//!
//! No child outlives its turn or Baton. The program runs in its own process group, and carries a mark in
//! its environment. Its children inherit the mark, by which Baton finds processes that left the group.
//! However a turn ends, all of them are killed. When Baton itself is killed, the [`reaper`] kills them.
//!
//! A shim starts the program: a shell that waits for a word on its input before it becomes the program.
//! Baton sends the word once the reaper knows the group. If Baton dies earlier, the shim reads the end of
//! its input, and never runs the program. A prompt that must be read as a whole is complete before the
//! shim starts, in a file that nobody can change. The program therefore reads all of it or nothing, even
//! if Baton dies.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::path::Path;
use std::process::{ExitStatus, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use nix::errno::Errno;
use nix::sys::signal::{Signal, killpg};
use nix::sys::wait::{Id, WaitPidFlag, WaitStatus, waitid, waitpid};
use nix::unistd::Pid;
use tokio::io::AsyncWriteExt;
use tokio::process::{ChildStderr, ChildStdin, ChildStdout, Command};
use tokio::signal::unix::{SignalKind, signal};

mod complaints;
mod ending;
pub(crate) mod environment;
pub(crate) mod failure;
mod find;
pub mod leftovers;
mod mark;
mod reaper;
mod whole;

pub(crate) use complaints::Complaints;
pub(crate) use ending::{Ending, Step};
pub use find::can_run;
use mark::Mark;

/// A shell that becomes the program when it is told to. It leaves nothing in the environment that a
/// shell puts there by itself.
const SHIM: &str = r#"read -r baton_go && [ "$baton_go" = go ] || exit 1
[ "$1" = 0 ] || ulimit -Sn "$1"
shift
unset baton_go PWD OLDPWD SHLVL
exec "$@""#;
/// The same shim, for a program whose standard input is a file: the first argument. The shim opens the
/// file before the word comes, because the file exists only while Baton runs.
const SHIM_WITH_FILE: &str = r#"exec 3<"$1" && shift || exit 1
read -r baton_go && [ "$baton_go" = go ] || exit 1
[ "$1" = 0 ] || ulimit -Sn "$1"
shift
unset baton_go PWD OLDPWD SHLVL
exec "$@" <&3 3<&-"#;
/// The word that the shim waits for.
const GO: &[u8] = b"go\n";

/// The usual limit on a program's open files; 0 if Baton has not raised its own limit.
static OPEN_FILES: AtomicU64 = AtomicU64::new(0);

/// From now on, programs start with this limit on open files, and may raise it to the system's maximum.
/// For a caller that has raised its own limit.
pub fn give_back_descriptors(number: u64) {
    OPEN_FILES.store(number, Ordering::Relaxed);
}

/// How long what a program wrote is read after it ended. Only a process that was let go on purpose
/// and still holds the pipe can make us wait at all.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(1);

/// What is to be run.
pub(crate) struct Program<'a> {
    /// A name that is looked up in the child's `PATH`, or a path.
    pub(crate) name: &'a str,
    pub(crate) args: &'a [String],
    /// All that it finds in its environment, but for the mark.
    pub(crate) env: BTreeMap<OsString, OsString>,
    /// Where it runs; where we do when `None`.
    pub(crate) directory: Option<&'a Path>,
    /// The standard input of the program.
    pub(crate) input: Input<'a>,
}

/// What a program reads from its standard input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Input<'a> {
    /// Text written to [`Pipes::stdin`] during the run. If Baton dies, the text can end anywhere.
    Pipe,
    /// This complete text. [`Pipes::stdin`] is then unused.
    Whole(&'a str),
}

/// The ways to talk with a child.
pub(crate) struct Pipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}

/// Why a program was not started.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("its working directory does not exist")]
    NoDirectory,
    #[error("it was not found")]
    NotFound,
    #[error("it may not be run")]
    NotExecutable,
    /// The program is a script, and the interpreter in its first line does not exist.
    #[error("the interpreter in its first line does not exist")]
    NoInterpreter {
        /// Whether the first line has a Windows line ending.
        windows: bool,
    },
    /// Its death with us could not be made sure of.
    #[error("nothing would end it if we died: {0}")]
    Unguarded(io::Error),
    #[error(transparent)]
    System(#[from] io::Error),
}

/// A program that runs. Dropped, all of it is killed.
pub(crate) struct Child(Option<Running>);

struct Running {
    /// The program itself, which leads its group.
    leader: tokio::process::Child,
    group: Pid,
    mark: Mark,
    /// The file with the complete input. The shim opens the file only after its own start.
    _input: Option<OwnedFd>,
    /// Told whenever any child of ours ends.
    ends: tokio::signal::unix::Signal,
}

impl Child {
    /// Starts a program, in a group of its own, known to the reaper.
    pub(crate) async fn start(program: Program<'_>) -> Result<(Self, Pipes), StartError> {
        let (mut child, mut pipes) = Self::begin(&program)?;
        reaper::list(child.running().group).map_err(StartError::Unguarded)?;
        // Where the shim is gone already, how it ended says more than this could.
        let _ = pipes.stdin.write_all(GO).await;
        Ok((child, pipes))
    }

    /// Starts the shim, which waits.
    fn begin(program: &Program<'_>) -> Result<(Self, Pipes), StartError> {
        if program.directory.is_some_and(|path| !path.is_dir()) {
            return Err(StartError::NoDirectory);
        }
        let path = program.env.get(OsStr::new("PATH"));
        let found = find::find(
            program.name,
            path.map(OsString::as_os_str),
            program.directory,
        )?;
        let mark = Mark::new();
        let input = match program.input {
            Input::Pipe => None,
            Input::Whole(text) => Some(whole::file(text.as_bytes())?),
        };
        let mut command = Command::new("/bin/sh");
        match &input {
            None => command.args(["-c", SHIM, "baton-shim"]),
            Some(file) => command
                .args(["-c", SHIM_WITH_FILE, "baton-shim"])
                .arg(whole::path(file)),
        };
        command
            .arg(OPEN_FILES.load(Ordering::Relaxed).to_string())
            .arg(found)
            .args(program.args)
            .env_clear()
            .envs(&program.env)
            .env(mark::NAME, mark.value())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0);
        if let Some(directory) = program.directory {
            command.current_dir(directory);
        }
        let ends = signal(SignalKind::child())?;
        let mut leader = command.spawn()?;
        let asked_for = "a child that was just started has an id and the pipes asked for";
        let id = leader.id().and_then(|id| i32::try_from(id).ok());
        let pipes = Pipes {
            stdin: leader.stdin.take().expect(asked_for),
            stdout: leader.stdout.take().expect(asked_for),
            stderr: leader.stderr.take().expect(asked_for),
        };
        let running = Running {
            leader,
            group: Pid::from_raw(id.expect(asked_for)),
            mark,
            _input: input,
            ends,
        };
        Ok((Self(Some(running)), pipes))
    }

    fn running(&mut self) -> &mut Running {
        self.0.as_mut().expect("taken only by reap")
    }

    /// Its process.
    pub(crate) fn id(&mut self) -> Pid {
        self.running().group
    }

    /// Sends all of its group a signal.
    pub(crate) fn signal(&mut self, signal: Signal) {
        self.running().signal(signal);
    }

    /// Kills all of its group.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
    }

    /// Returns when the program itself has ended, whatever it left running. It is not reaped yet,
    /// so its number is nobody else's. May be dropped and called again.
    pub(crate) async fn ended(&mut self) {
        let running = self.running();
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        loop {
            match waitid(Id::Pid(running.group), look) {
                Ok(WaitStatus::StillAlive) => {
                    running.ends.recv().await;
                }
                Err(Errno::EINTR) => {}
                // Of an error more is known when it is reaped.
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Kills what is left, and waits until none of it is, not even as a zombie. Returns how the
    /// program itself ended.
    pub(crate) async fn reap(&mut self) -> io::Result<ExitStatus> {
        let running = self.0.take().expect("taken only here");
        running.signal(Signal::SIGKILL);
        // A task of its own, which goes on where the turn is dropped.
        let reaped = tokio::spawn(running.end()).await;
        reaped.map_err(io::Error::other)?
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let Some(running) = self.0.take() else {
            return;
        };
        running.signal(Signal::SIGKILL);
        // Without a runtime we are going down: the reaper does the rest.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(running.end());
        }
    }
}

impl Running {
    fn signal(&self, signal: Signal) {
        // An error says that nothing is left of it.
        let _ = killpg(self.group, signal);
    }

    /// Kills what left the group, and reaps what is killed.
    async fn end(mut self) -> io::Result<ExitStatus> {
        self.mark.sweep(self.group).await;
        // Struck off before the leader is reaped: until then its number cannot be another's.
        reaper::strike(self.group);
        let status = self.leader.wait().await;
        self.reap_adopted().await;
        status
    }

    /// Where we are the first process of a container, what the program left behind became ours.
    async fn reap_adopted(&mut self) {
        let members = Pid::from_raw(-self.group.as_raw());
        loop {
            match waitpid(members, Some(WaitPidFlag::WNOHANG)) {
                Ok(WaitStatus::StillAlive) => {
                    self.ends.recv().await;
                }
                Ok(_) | Err(Errno::EINTR) => {}
                Err(_) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests;
