//! The process that kills our children where we cannot: after a `SIGKILL`, or a crash. One for the
//! whole program, started with the first child. It reads from a pipe which groups there are; when
//! the pipe ends, we are gone, and it kills those that are left.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::{self, Write};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::sync::{Mutex, MutexGuard, PoisonError};

use nix::unistd::Pid;

use super::mark;

#[cfg(test)]
mod tests;

/// What it runs.
const SCRIPT: &str = include_str!("reaper/reaper.sh");

static WATCH: Mutex<Watch> = Mutex::new(Watch {
    groups: BTreeSet::new(),
    reaper: None,
});

/// Which groups there are, and who kills them if we die.
struct Watch {
    groups: BTreeSet<Pid>,
    reaper: Option<Reaper>,
}

/// From when this returns, the group dies with us.
pub(super) fn list(group: Pid) -> io::Result<()> {
    let mut watch = watch();
    watch.groups.insert(group);
    let listed = watch.say(&format!("+{group}\n"));
    if listed.is_err() {
        watch.groups.remove(&group);
    }
    listed
}

/// The group is no longer there: its number may soon be another's.
pub(super) fn strike(group: Pid) {
    let mut watch = watch();
    watch.groups.remove(&group);
    if let Err(error) = watch.say(&format!("-{group}\n")) {
        tracing::error!("children would outlive Baton if it died now: {error}");
    }
}

fn watch() -> MutexGuard<'static, Watch> {
    // Every change under the lock is whole.
    WATCH.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watch {
    /// Tells the reaper; one that died is replaced by one that knows all.
    fn say(&mut self, line: &str) -> io::Result<()> {
        if let Some(reaper) = &mut self.reaper
            && reaper.say(line).is_ok()
        {
            return Ok(());
        }
        self.reaper = None;
        let mut reaper = Reaper::start(SCRIPT, mark::of_this_run())?;
        for group in &self.groups {
            reaper.say(&format!("+{group}\n"))?;
        }
        self.reaper = Some(reaper);
        Ok(())
    }
}

struct Reaper(std::process::Child);

impl Reaper {
    fn start(script: &str, marks: impl AsRef<OsStr>) -> io::Result<Self> {
        let child = Command::new("/bin/sh")
            .args(["-c", script, "baton-reaper"])
            .arg(marks)
            .env_clear()
            .env("PATH", "/usr/local/bin:/usr/bin:/bin")
            // A digit is one of ten.
            .env("LC_ALL", "C")
            .current_dir("/")
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            // Ctrl-C in our terminal is not for it.
            .process_group(0)
            .spawn()?;
        Ok(Self(child))
    }

    /// A few bytes into a pipe that holds thousands of such lines: it does not wait.
    fn say(&mut self, line: &str) -> io::Result<()> {
        let stdin = self.0.stdin.as_mut();
        let stdin = stdin.ok_or_else(|| io::Error::from(io::ErrorKind::BrokenPipe))?;
        stdin.write_all(line.as_bytes())
    }
}

impl Drop for Reaper {
    fn drop(&mut self) {
        drop(self.0.stdin.take());
        // One that is dead is reaped; one that is not still has its work to do.
        let _ = self.0.try_wait();
    }
}
