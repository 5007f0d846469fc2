//! The process that kills the children when Baton cannot: after a `SIGKILL` or a crash. Baton starts one
//! reaper, together with the first child. The reaper reads the process groups from a pipe. When the pipe
//! ends, Baton is gone, and the reaper kills the remaining groups.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;

use super::process_mark;

#[cfg(test)]
mod tests;

/// The shell script of the reaper.
const SCRIPT: &str = include_str!("reaper/reaper.sh");

static WATCH: Mutex<GroupWatch> = Mutex::new(GroupWatch {
    groups: BTreeSet::new(),
    reaper: None,
});

/// The known process groups, and the reaper.
struct GroupWatch {
    groups: BTreeSet<Pid>,
    reaper: Option<ReaperProcess>,
}

/// Adds a group. After this returns, the reaper kills the group if Baton dies.
pub(super) fn add_group(group: Pid) -> io::Result<()> {
    let mut watch = lock_watch();
    watch.groups.insert(group);
    let listed = watch.send_line(&format!("+{group}\n"));
    if listed.is_err() {
        watch.groups.remove(&group);
    }
    listed
}

/// Removes a group that no longer exists. Another group may soon get the same number.
pub(super) fn remove_group(group: Pid) {
    let mut watch = lock_watch();
    watch.groups.remove(&group);
    if let Err(error) = watch.send_line(&format!("-{group}\n")) {
        tracing::error!("child processes would outlive Baton if Baton died now: {error}");
    }
}

fn lock_watch() -> MutexGuard<'static, GroupWatch> {
    // Every change under the lock is complete.
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

impl GroupWatch {
    /// Sends a line to the reaper. A dead reaper is replaced by a new one, which gets all groups.
    fn send_line(&mut self, line: &str) -> io::Result<()> {
        if let Some(reaper) = &mut self.reaper
            && reaper.write_line(line).is_ok()
        {
            return Ok(());
        }
        self.reaper = None;
        let mut reaper = ReaperProcess::start(SCRIPT, process_mark::run_prefix())?;
        for group in &self.groups {
            reaper.write_line(&format!("+{group}\n"))?;
        }
        self.reaper = Some(reaper);
        Ok(())
    }
}

struct ReaperProcess(std::process::Child);

impl ReaperProcess {
    fn start(script: &str, marks: impl AsRef<OsStr>) -> io::Result<Self> {
        let child = Command::new("/bin/sh")
            .args(["-c", script, "baton-reaper"])
            .arg(marks)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            // Makes `[0-9]` in the script match ASCII digits only.
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in Baton's terminal must not end the reaper.
            .process_group(0)
            .spawn()?;
        Ok(Self(child))
    }

    /// Writes a few bytes into a pipe with room for thousands of such lines, so the write does not block.
    fn write_line(&mut self, line: &str) -> io::Result<()> {
        let stdin = self.0.stdin.as_mut();
        let stdin = stdin.ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        stdin.write_all(line.as_bytes())
    }
}

impl Drop for ReaperProcess {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // Reaps a dead reaper. A living one still has work to do, and is left alone.
        let _ = self.0.try_wait();
    }
}
