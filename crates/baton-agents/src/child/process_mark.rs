//! The mark in the environment of every child, and of all processes that a child starts. By the mark, Baton
//! finds processes that left the process group, as the commands of the Claude CLI do. The search needs
//! `/proc`; without `/proc`, Baton knows only the group. A process that must live on is started without the
//! mark.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use tracing::Span;

/// The environment variable with the mark.
pub(super) const NAME: &str = "BATON_CHILD";

/// The most passes over `/proc`. A killed process starts nothing, so one pass more than the number of process
/// generations is enough.
const LOOKS: usize = 100;

/// The most reads of a process that is younger than the child and shows no complete environment. The system
/// may suspend a process in the middle of an exec, for longer than a few reads take.
const GLANCES: usize = 20_000;

/// The part of the mark that all runs in one data folder share; unset without a data folder.
static OWNER: OnceLock<String> = OnceLock::new();

/// The part of the mark that all children of this run share.
static RUN: LazyLock<String> =
    LazyLock::new(|| format!("{}-{:016x}", std::process::id(), fastrand::u64(..)));

/// The mark of one child.
#[derive(Clone, Debug)]
pub(super) struct ProcessMark(String);

impl ProcessMark {
    /// Makes a unique mark.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{}{number}", run_prefix()))
    }

    /// The value of the variable.
    pub(super) fn value(&self) -> &str {
        &self.0
    }

    /// Kills all processes with this mark. Call before the child is reaped.
    pub(super) async fn kill_marked(&self, child: Pid) {
        let mark = format!("{NAME}={}", self.value());
        let span = Span::current();
        let kill = move || span.in_scope(|| kill_marked_processes(mark.as_bytes(), child));
        // The task fails only while Baton shuts down. The reaper then kills the processes.
        let _ = tokio::task::spawn_blocking(kill).await;
    }
}

/// Marks all later children with this owner.
pub(super) fn set_owner(owner: String) {
    // The first call counts, because a program has one data folder.
    let _ = OWNER.set(owner);
}

/// The common prefix of all marks of an owner, of this run and earlier ones.
pub(super) fn owner_prefix(owner: &str) -> String {
    format!("{owner}.")
}

/// The common prefix of all marks of this run.
pub(super) fn run_prefix() -> String {
    let owner = OWNER.get().map(|owner| owner_prefix(owner));
    format!("{}{}.", owner.unwrap_or_default(), *RUN)
}

/// Kills all other processes whose mark begins with `beginning`, and returns their number. A process in
/// the middle of an exec shows no mark, so the caller must search again.
pub(super) fn kill_all(beginning: &str) -> usize {
    let variable = format!("{NAME}={beginning}");
    let this = std::process::id();
    let carries = |id: &i32| {
        // Processes of other users are unreadable, and never belong to Baton.
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        let mut variables = environment.split(|byte| *byte == 0);
        variables.any(|found| found.starts_with(variable.as_bytes()))
    };
    let others = process_ids().filter(|id| u32::try_from(*id) != Ok(this));
    let found: Vec<_> = others.filter(carries).collect();
    for id in &found {
        let _ = kill(Pid::from_raw(*id), Signal::SIGKILL);
    }
    found.len()
}

fn kill_marked_processes(mark: &[u8], child: Pid) {
    let child = start_ticks(child.as_raw());
    let mut killed = BTreeSet::new();
    for _ in 0..LOOKS {
        let before = killed.len();
        for id in process_ids().filter(|id| carries_mark(*id, mark, child)) {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            killed.insert(id);
        }
        if killed.len() == before {
            return;
        }
    }
    tracing::error!("the processes of a child start others faster than Baton can kill them");
}

fn process_ids() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether a process carries the mark of a child of that age.
fn carries_mark(id: i32, mark: &[u8], child: StartTicks) -> bool {
    for _ in 0..GLANCES {
        // An ended process, or one of another user, has no readable environment.
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        let whole = environment.ends_with(&[0]);
        if whole || !has_memory(id) || start_ticks(id) < child {
            let mut variables = environment.split(|byte| *byte == 0);
            return variables.any(|variable| variable == mark);
        }
        // During an exec, the environment is empty or ends in the middle.
        std::thread::yield_now();
    }
    false
}

/// Whether the process runs a program: neither a zombie nor a process of the kernel.
fn has_memory(id: i32) -> bool {
    let pages = fs::read_to_string(format!("/proc/{id}/statm"));
    pages.is_ok_and(|pages| !pages.starts_with("0 "))
}

/// The start of a process, in clock ticks since the boot. An ended process has `None`, less than any start.
type StartTicks = Option<u64>;

fn start_ticks(id: i32) -> StartTicks {
    let about = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before the parenthesis may hold any characters.
    let (_, fields) = about.rsplit_once(") ")?;
    fields.split(' ').nth(19)?.parse().ok()
}
