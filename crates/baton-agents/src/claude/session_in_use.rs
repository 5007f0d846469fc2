//! Checks whether another process has a session open. Each running CLI writes its session into a file
//! (`sessions/PID.json` in its configuration folder). A killed CLI leaves its file behind.

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

/// Limit of files to read; far more than the CLIs on one machine.
const FILES: usize = 10_000;
/// Limit of a file's length, in bytes.
const LONGEST: u64 = 64 * 1024;

/// The fields of a session file that matter here.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct SessionFile {
    pid: i32,
    session_id: String,
    /// The start time of the process, in the unit of `/proc/PID/stat`.
    proc_start: Option<String>,
    /// The machine and the namespace of the process id.
    pid_domain: Option<String>,
}

/// Whether another CLI writes the transcript of this session. `env` is the environment of the new CLI. `ours`
/// is a child of Baton that has the session open, and does not count.
pub(super) async fn is_in_use(
    session: &SessionId,
    env: &BTreeMap<OsString, OsString>,
    ours: Option<Pid>,
) -> bool {
    let Some(folder) = sessions_folder(env) else {
        return false;
    };
    let session = session.to_string();
    // The task fails only while Baton shuts down.
    let found =
        tokio::task::spawn_blocking(move || has_open_session(&folder, &session, ours)).await;
    found.unwrap_or(false)
}

fn sessions_folder(env: &BTreeMap<OsString, OsString>) -> Option<PathBuf> {
    let var = |name: &str| env.get(OsStr::new(name)).filter(|value| !value.is_empty());
    let own = var("CLAUDE_CONFIG_DIR").map(PathBuf::from);
    let configuration = own.or_else(|| Some(Path::new(var("HOME")?).join(".claude")))?;
    Some(configuration.join("sessions"))
}

fn has_open_session(folder: &Path, session: &str, ours: Option<Pid>) -> bool {
    let files = fs::read_dir(folder).into_iter().flatten().flatten();
    files
        .map(|file| file.path())
        .filter(|path| path.extension() == Some(OsStr::new("json")))
        .take(FILES)
        .filter_map(|path| read_session_file(&path))
        .filter(|file_fields| ours != Some(Pid::from_raw(file_fields.pid)))
        .any(|file_fields| file_fields.session_id == session && is_running(&file_fields))
}

fn read_session_file(path: &Path) -> Option<SessionFile> {
    let mut text = String::new();
    let file = fs::File::open(path).ok()?;
    file.take(LONGEST).read_to_string(&mut text).ok()?;
    serde_json::from_str(&text).ok()
}

/// Whether the process still runs. A process in another namespace cannot be checked, and counts as running:
/// at worst, the session is copied without need.
fn is_running(file_fields: &SessionFile) -> bool {
    if file_fields
        .pid_domain
        .as_deref()
        .is_some_and(is_other_namespace)
    {
        return true;
    }
    if kill(Pid::from_raw(file_fields.pid), None) == Err(Errno::ESRCH) {
        return false;
    }
    match read_process(file_fields.pid) {
        // The process id may belong to another process by now.
        Some(process) => {
            !process.is_dead
                && file_fields
                    .proc_start
                    .as_ref()
                    .is_none_or(|start| *start == process.start)
        }
        None => true,
    }
}

/// Whether a process id of this domain belongs to another namespace.
fn is_other_namespace(domain: &str) -> bool {
    let Ok(ours) = fs::read_link("/proc/self/ns/pid") else {
        return false;
    };
    domain.starts_with("linux:") && !domain.ends_with(&*ours.to_string_lossy())
}

/// The state of a process, from `/proc`.
struct ProcessState {
    /// Whether the process is dead. A zombie stays in `/proc` until its parent asks.
    is_dead: bool,
    /// The start time, in the kernel's unit.
    start: String,
}

fn read_process(pid: i32) -> Option<ProcessState> {
    /// The index counts from the state, the first field after the name. The name is in parentheses, and may
    /// contain any character.
    const START: usize = 19;
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let (_, fields) = stat.rsplit_once(") ")?;
    let fields: Vec<_> = fields.split(' ').collect();
    Some(ProcessState {
        is_dead: matches!(fields.first(), Some(&("Z" | "X"))),
        start: (*fields.get(START)?).to_owned(),
    })
}

#[cfg(test)]
mod tests;
