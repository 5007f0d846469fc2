//! A program of an agent, with all its child processes, as one unit that can be ended.
//!
//! No child outlives its turn or Baton. The program runs in its own process group, and carries a mark in the
//! environment. Its children inherit the mark, so Baton finds processes that left the group. However a turn ends, all
//! these processes are killed. When Baton itself is killed, the [`reaper`] kills these processes.
//!
//! A shim starts the program: a shell that waits for a word on the standard input before it becomes the
//! program. Baton sends the word once the reaper knows the group. If Baton dies earlier, the shim reads the
//! end of the input, and never runs the program. A prompt that must be read as a whole is complete before the
//! shim starts, in a file that nobody can change. The program therefore reads the whole prompt or nothing,
//! even if Baton dies.

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
use tracing::Instrument;

pub(crate) mod environment;
pub mod leftovers;
mod process_mark;
pub(crate) mod program_error;
mod program_search;
mod reaper;
mod sealed_file;
mod signal_schedule;
mod stderr_tail;

use process_mark::ProcessMark;
pub use program_search::can_run;
pub(crate) use signal_schedule::{SignalSchedule, SignalStep};
pub(crate) use stderr_tail::StderrTail;

/// A shell that becomes the program after the word [`GO`]. The shim removes the variables that a shell adds
/// to the environment by itself.
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

/// The longest wait for remaining output after the program and its children were killed. Only a process that
/// deliberately runs without the mark can still hold the pipe open.
pub(crate) const LAST_WORDS: Duration = Duration::from_secs(1);

pub(crate) struct ProgramSpec<'a> {
    /// A name to find in the child's `PATH`, or a path.
    pub(crate) name: &'a str,
    pub(crate) args: &'a [String],
    /// The complete environment of the program, except for the mark.
    pub(crate) env: BTreeMap<OsString, OsString>,
    /// The working directory; `None` means the working directory of Baton.
    pub(crate) directory: Option<&'a Path>,
    pub(crate) input: ProgramInput<'a>,
}

/// The source of a program's standard input.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProgramInput<'a> {
    /// Text written to [`ChildPipes::stdin`] during the run. If Baton dies, the text can end anywhere.
    Pipe,
    /// This complete text. [`ChildPipes::stdin`] is then unused.
    Whole(&'a str),
}

/// The standard streams of a child.
pub(crate) struct ChildPipes {
    pub(crate) stdin: ChildStdin,
    pub(crate) stdout: ChildStdout,
    pub(crate) stderr: ChildStderr,
}

/// The reason why a program did not start.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StartError {
    #[error("the working directory does not exist")]
    NoDirectory,
    #[error("the program was not found")]
    NotFound,
    #[error("Baton may not run the program")]
    NotExecutable,
    /// The program is a script, and the interpreter in its first line does not exist.
    #[error("the interpreter in its first line does not exist")]
    NoInterpreter {
        /// Whether the first line has a Windows line ending.
        windows: bool,
    },
    /// The reaper does not know the program, so nothing would kill the program if Baton died.
    #[error("the program would outlive Baton if Baton died now: {0}")]
    Unguarded(io::Error),
    #[error(transparent)]
    System(#[from] io::Error),
}

/// A running program. Dropping the value kills the program and all its children.
pub(crate) struct ChildProcess(Option<ProcessTree>);

struct ProcessTree {
    /// The program itself, the leader of its process group.
    leader: tokio::process::Child,
    group: Pid,
    mark: ProcessMark,
    /// The file with the complete input. The shim opens the file only after its own start.
    _input: Option<OwnedFd>,
    /// Reports the end of any child process of Baton.
    ends: tokio::signal::unix::Signal,
}

impl ChildProcess {
    /// Starts a program in its own process group, and tells the reaper the group.
    pub(crate) async fn start(program: ProgramSpec<'_>) -> Result<(Self, ChildPipes), StartError> {
        let (mut child, mut pipes) = Self::start_shim(&program)?;
        reaper::add_group(child.process_tree().group).map_err(StartError::Unguarded)?;
        // If the shim has already ended, its exit status explains more than this error.
        let _ = pipes.stdin.write_all(GO).await;
        Ok((child, pipes))
    }

    /// Starts the shim, which waits for [`GO`].
    fn start_shim(program: &ProgramSpec<'_>) -> Result<(Self, ChildPipes), StartError> {
        if program.directory.is_some_and(|path| !path.is_dir()) {
            return Err(StartError::NoDirectory);
        }
        let path = program.env.get(OsStr::new("PATH"));
        let found = program_search::find_program(
            program.name,
            path.map(OsString::as_os_str),
            program.directory,
        )?;
        let mark = ProcessMark::new();
        let input = match program.input {
            ProgramInput::Pipe => None,
            ProgramInput::Whole(text) => Some(sealed_file::create_file(text.as_bytes())?),
        };
        let mut command = Command::new("/bin/sh");
        match &input {
            None => command.args(["-c", SHIM, "baton-shim"]),
            Some(file) => command
                .args(["-c", SHIM_WITH_FILE, "baton-shim"])
                .arg(sealed_file::open_path(file)),
        };
        command
            .arg(OPEN_FILES.load(Ordering::Relaxed).to_string())
            .arg(found)
            .args(program.args)
            .env_clear()
            .envs(&program.env)
            .env(process_mark::NAME, mark.value())
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
        let pipes = ChildPipes {
            stdin: leader.stdin.take().expect(asked_for),
            stdout: leader.stdout.take().expect(asked_for),
            stderr: leader.stderr.take().expect(asked_for),
        };
        let tree = ProcessTree {
            leader,
            group: Pid::from_raw(id.expect(asked_for)),
            mark,
            _input: input,
            ends,
        };
        Ok((Self(Some(tree)), pipes))
    }

    fn process_tree(&mut self) -> &mut ProcessTree {
        self.0.as_mut().expect("taken only by reap")
    }

    /// The id of the program's process and process group.
    pub(crate) fn id(&mut self) -> Pid {
        self.process_tree().group
    }

    /// Sends a signal to the whole process group.
    pub(crate) fn signal(&mut self, signal: Signal) {
        self.process_tree().signal(signal);
    }

    /// Kills the whole process group.
    pub(crate) fn kill(&mut self) {
        self.signal(Signal::SIGKILL);
    }

    /// Waits until the program itself has ended, even if its children still run. The program is not reaped
    /// yet, so no other process can get the same id. The future may be dropped and the method called again.
    pub(crate) async fn wait_until_ended(&mut self) {
        let tree = self.process_tree();
        let look = WaitPidFlag::WEXITED | WaitPidFlag::WNOHANG | WaitPidFlag::WNOWAIT;
        loop {
            match waitid(Id::Pid(tree.group), look) {
                Ok(WaitStatus::StillAlive) => {
                    tree.ends.recv().await;
                }
                Err(Errno::EINTR) => {}
                // An error will show again when the program is reaped.
                Ok(_) | Err(_) => return,
            }
        }
    }

    /// Kills the remaining processes, and waits until all are gone, even as zombies. Returns the exit status
    /// of the program itself.
    pub(crate) async fn reap(&mut self) -> io::Result<ExitStatus> {
        let tree = self.0.take().expect("taken only here");
        tree.signal(Signal::SIGKILL);
        // A separate task, which continues if the turn is dropped.
        let reaped = tokio::spawn(tree.kill_and_reap().in_current_span()).await;
        reaped.map_err(io::Error::other)?
    }
}

impl Drop for ChildProcess {
    fn drop(&mut self) {
        let Some(tree) = self.0.take() else {
            return;
        };
        tree.signal(Signal::SIGKILL);
        // Without a runtime, Baton is shutting down. The reaper then kills the rest.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            runtime.spawn(tree.kill_and_reap().in_current_span());
        }
    }
}

impl ProcessTree {
    fn signal(&self, signal: Signal) {
        // An error means that the group has no process any more.
        let _ = killpg(self.group, signal);
    }

    /// Kills the processes that left the group, and reaps the killed ones.
    async fn kill_and_reap(mut self) -> io::Result<ExitStatus> {
        self.mark.kill_marked(self.group).await;
        // The group is removed before the leader is reaped. Until then no other group can get the same
        // number.
        reaper::remove_group(self.group);
        let status = self.leader.wait().await;
        self.reap_adopted().await;
        status
    }

    /// Reaps orphans of the program. Baton becomes their parent when Baton is the first process of a
    /// container.
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
