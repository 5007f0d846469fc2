//! Whether somebody else has a session open. Each CLI that runs says in a file of its own which
//! session it writes (`sessions/PID.json` in its configuration); one that was killed leaves it.

use std::collections::BTreeMap;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io::Read;
use std::path::{Path, PathBuf};

use baton_core::name::SessionId;
use nix::errno::Errno;
use nix::sys::signal::kill;
use nix::unistd::Pid;
use serde::Deserialize;

/// How many files are looked at. More CLIs do not run on one machine.
const FILES: usize = 10_000;
/// How long such a file may be, in bytes.
const LONGEST: u64 = 64 * 1024;

/// What a CLI says of itself; the rest is its own concern.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Says {
    pid: i32,
    session_id: String,
    /// When its process began, as `/proc/PID/stat` counts it.
    proc_start: Option<String>,
    /// Which machine and namespace its number belongs to.
    pid_domain: Option<String>,
}

/// Whether a CLI with this environment would write a transcript that another one writes. `ours` is
/// one that is known to have it open.
pub(super) async fn is_in_use(
    session: &SessionId,
    env: &BTreeMap<OsString, OsString>,
    ours: Option<Pid>,
) -> bool {
    let Some(folder) = folder(env) else {
        return false;
    };
    let session = session.to_string();
    // Fails only while the program goes down.
    let looked = tokio::task::spawn_blocking(move || look(&folder, &session, ours)).await;
    looked.unwrap_or(false)
}

fn folder(env: &BTreeMap<OsString, OsString>) -> Option<PathBuf> {
    let var = |name: &str| env.get(OsStr::new(name)).filter(|value| !value.is_empty());
    let own = var("CLAUDE_CONFIG_DIR").map(PathBuf::from);
    let configuration = own.or_else(|| Some(Path::new(var("HOME")?).join(".claude")))?;
    Some(configuration.join("sessions"))
}

fn look(folder: &Path, session: &str, ours: Option<Pid>) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .map(|file| file.path())
        .filter(|path| path.extension() == Some(OsStr::new("json")))
        .take(FILES)
        .filter_map(|path| read(&path))
        .filter(|says| ours != Some(Pid::from_raw(says.pid)))
        .any(|says| says.session_id == session && runs(&says))
}

fn read(path: &Path) -> Option<Says> {
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Whether it still runs. Of one elsewhere, whose home is ours, nothing can be told: then it does,
/// and a copy of the session can do no harm.
fn runs(says: &Says) -> bool {
    if says.pid_domain.as_deref().is_some_and(is_elsewhere) {
        return true;
    }
    if kill(Pid::from_raw(says.pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    match process(says.pid) {
        // The number may be another's by now.
        Some(process) => {
            !process.is_dead
                && says
                    .proc_start
                    .as_ref()
                    .is_none_or(|start| *start == process.start)
        }
        None => true,
    }
}

/// Whether a process number of that domain is not one of ours.
fn is_elsewhere(domain: &str) -> bool {
    let Ok(ours) = fs::read_link("/proc/self/ns/pid") else {
        return false;
    };
    domain.starts_with("linux:") && !domain.ends_with(&*ours.to_string_lossy())
}

/// What `/proc` says of a process.
struct Process {
    /// Its parent has not been told yet, and may never ask.
    is_dead: bool,
    /// When it began, in the kernel's own count.
    start: String,
}

fn process(pid: i32) -> Option<Process> {
    /// Counted from the state, which is the first behind the name; that is in parentheses, and may
    /// hold anything.
    const START: usize = 19;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').collect();
    Some(Process {
        is_dead: matches!(fields.first(), Some(&("Z" | "X"))),
        start: (*fields.get(START)?).to_owned(),
    })
}

#[cfg(test)]
mod tests;
