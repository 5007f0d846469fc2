//! What every child carries in its environment, and all that it starts: by it we find what left its
//! process group, as the commands of the Claude CLI do. Found where there is a `/proc`; elsewhere
//! the group is all that we know. What is to live on is started without it, on purpose.

use std::collections::BTreeSet;
use std::fs;
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// The variable that carries it.
pub(super) const NAME: &str = "BATON_CHILD";

/// How often `/proc` is read at most. What is killed starts nothing, so that one look more than
/// there are generations is enough.
const LOOKS: usize = 100;

/// Common to all children of this run of the program.
static RUN: LazyLock<String> =
    LazyLock::new(|| format!("{}-{:016x}", std::process::id(), fastrand::u64(..)));

/// One child's mark.
#[derive(Clone, Debug)]
pub(super) struct Mark(u64);

impl Mark {
    /// One that no other child has.
    pub(super) fn new() -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        Self(NEXT.fetch_add(1, Ordering::Relaxed))
    }

    /// What the variable holds.
    pub(super) fn value(&self) -> String {
        format!("{}{}", of_this_run(), self.0)
    }

    /// Kills all that carries it.
    pub(super) async fn sweep(&self) {
        let mark = format!("{NAME}={}", self.value());
        // Fails only while the program goes down, and then the reaper does it.
        let _ = tokio::task::spawn_blocking(move || sweep(mark.as_bytes())).await;
    }
}

/// How the value of every mark of this run begins.
pub(super) fn of_this_run() -> String {
    format!("{}.", *RUN)
}

fn sweep(mark: &[u8]) {
    let mut killed = BTreeSet::new();
    for _ in 0..LOOKS {
        let before = killed.len();
        for id in processes().filter(|id| carries(*id, mark)) {
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

fn carries(id: i32, mark: &[u8]) -> bool {
    // Of one that is gone, a zombie, or somebody else's there is nothing to read.
    let environment = fs::read(format!("/proc/{id}/environ")).unwrap_or_default();
    environment
        .split(|byte| *byte == 0)
        .any(|variable| variable == mark)
}
