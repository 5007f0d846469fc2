//! What every child carries in its environment, and all that it starts: by it we find what left its
//! process group, as the commands of the Claude CLI do. Found where there is a `/proc`; elsewhere
//! the group is all that we know. What is to live on is started without it, on purpose.

use std::collections::BTreeSet;
use std::fs;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{LazyLock, OnceLock};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The variable that carries it.
pub(super) const NAME: &str = "BATON_CHILD";

/// How often `/proc` is read at most. What is killed starts nothing, so that one look more than
/// there are generations is enough.
const LOOKS: usize = 100;

/// How often a process is looked at that is younger than the child and shows no whole environment
/// just now. It may be descheduled in that moment, for longer than a few looks take.
const GLANCES: usize = 20_000;

/// The part of the mark that all runs in one data folder share; unset without a data folder.
static OWNER: OnceLock<String> = OnceLock::new();

/// Common to all children of this run of the program.
static RUN: LazyLock<String> =
    LazyLock::new(|| format!("{}-{:016x}", std::process::id(), fastrand::u64(..)));

/// One child's mark.
#[derive(Clone, Debug)]
pub(super) struct Mark(String);

impl Mark {
    /// One that no other child has.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        Self(format!("{}{number}", of_this_run()))
    }

    /// What the variable holds.
    pub(super) fn value(&self) -> &str {
        &self.0
    }

    /// Kills all that carries it. The child is not reaped yet.
    pub(super) async fn sweep(&self, child: Pid) {
        let mark = format!("{NAME}={}", self.value());
        // Fails only while the program goes down, and then the reaper does it.
        let _ = tokio::task::spawn_blocking(move || sweep(mark.as_bytes(), child)).await;
    }
}

/// Marks all later children with this owner.
pub(super) fn belong_to(owner: String) {
    // The first call counts, because a program has one data folder.
    let _ = OWNER.set(owner);
}

/// The common prefix of all marks of an owner, of this run and earlier ones.
pub(super) fn of_owner(owner: &str) -> String {
    format!("{owner}.")
}

/// How the value of every mark of this run begins.
pub(super) fn of_this_run() -> String {
    let owner = OWNER.get().map(|owner| of_owner(owner));
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
    let others = processes().filter(|id| u32::try_from(*id) != Ok(this));
    let found: Vec<_> = others.filter(carries).collect();
    for id in &found {
        let _ = kill(Pid::from_raw(*id), Signal::SIGKILL);
    }
    found.len()
}

fn sweep(mark: &[u8], child: Pid) {
    let child = age(child.as_raw());
    let mut killed = BTreeSet::new();
    for _ in 0..LOOKS {
        let before = killed.len();
        for id in processes().filter(|id| carries(*id, mark, child)) {
            let _ = kill(Pid::from_raw(id), Signal::SIGKILL);
            killed.insert(id);
        }
        if killed.len() == before {
            return;
        }
    }
    tracing::error!("a child's processes start others faster than they can be killed");
}

fn processes() -> impl Iterator<Item = i32> {
    let entries = fs::read_dir("/proc").into_iter().flatten().flatten();
    entries.filter_map(|entry| entry.file_name().to_str()?.parse().ok())
}

/// Whether a process carries the mark of a child of that age.
fn carries(id: i32, mark: &[u8], child: Age) -> bool {
    for _ in 0..GLANCES {
        // Of one that is gone, or somebody else's, there is nothing to read.
        let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
        let whole = environment.ends_with(&[0]);
        if whole || !has_memory(id) || age(id) < child {
            let mut variables = environment.split(|byte| *byte == 0);
            return variables.any(|variable| variable == mark);
        }
        // While it becomes another program, it shows nothing, or what was read ends in the middle.
        std::thread::yield_now();
    }
    false
}

/// Whether it is a process with a program in it: no zombie, and none of the kernel's own.
fn has_memory(id: i32) -> bool {
    let pages = fs::read_to_string(format!("/proc/{id}/statm"));
    pages.is_ok_and(|pages| !pages.starts_with("0 "))
}

/// When a process began, in ticks since the machine did. What is gone has none, which is less than any.
type Age = Option<u64>;

fn age(id: i32) -> Age {
    let about = fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name before may hold anything.
    let (_, fields) = about.rsplit_once(") ")?;
    fields.split(' ').nth(19)?.parse().ok()
}
