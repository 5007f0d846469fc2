//! Workers that wait for a message. Each claimable message wakes exactly one worker: the longest waiting of
//! the workers that may claim the message.
//!
//! The store announces claimable messages; only the task [`wake_workers`] listens to the store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::name::{AgentName, PersonaName};
use baton_core::place::Place;
use baton_core::store::{Change, ClaimNext};
use tokio::sync::Notify;
use tokio::sync::broadcast::{self, error::RecvError};
use tokio_util::sync::CancellationToken;

/// The waiting workers, in the order of their arrival. Cheap to clone.
#[derive(Clone, Default)]
pub(crate) struct WaitingWorkers(Arc<Mutex<WorkerLine>>);

#[derive(Default)]
struct WorkerLine {
    came: u64,
    workers: BTreeMap<u64, WaitingWorker>,
}

struct WaitingWorker {
    wants: ClaimNext,
    /// Why the worker was woken; taken when the worker wakes.
    woken: Option<WakeReason>,
    /// The work for which the worker was woken; kept until the worker has looked.
    looks_for: Option<ClaimableWork>,
    wake: Arc<Notify>,
}

/// Why a worker is woken.
#[derive(Clone)]
enum WakeReason {
    /// This message can be claimed.
    Work(ClaimableWork),
    /// An announcement may have been lost.
    Look,
}

/// The place, persona and agent of a claimable message.
#[derive(Clone)]
struct ClaimableWork {
    place: Place,
    persona: PersonaName,
    agent: AgentName,
}

impl ClaimableWork {
    fn is_for(&self, wants: &ClaimNext) -> bool {
        let Place {
            channel, account, ..
        } = &self.place;
        let here = wants.of.as_ref();
        wants.agents.contains(&self.agent)
            && (wants.personas.is_empty() || wants.personas.contains(&self.persona))
            && here.is_none_or(|(of, whose)| of == channel && whose == account)
            && !wants.not_in.contains(&self.place)
    }
}

/// The place in line of one worker, until dropped.
pub(crate) struct LineTicket {
    line: Arc<Mutex<WorkerLine>>,
    came: u64,
    wake: Arc<Notify>,
}

impl WaitingWorkers {
    /// Joins the line. A worker that looks for work after this call misses nothing.
    pub(crate) fn join_line(&self, wants: ClaimNext) -> LineTicket {
        let wake = Arc::new(Notify::new());
        let mut line = lock_line(&self.0);
        line.came += 1;
        let came = line.came;
        let waiter = WaitingWorker {
            wants,
            woken: None,
            looks_for: None,
            wake: Arc::clone(&wake),
        };
        line.workers.insert(came, waiter);
        drop(line);
        LineTicket {
            line: Arc::clone(&self.0),
            came,
            wake,
        }
    }
}

impl WorkerLine {
    /// Wakes the first worker that may claim the work and is not awake yet.
    fn wake_one(&mut self, work: &ClaimableWork) {
        let mut waiting = self.workers.values_mut();
        let first = waiting.find(|waiter| {
            !matches!(waiter.woken, Some(WakeReason::Work(_))) && work.is_for(&waiter.wants)
        });
        if let Some(first) = first {
            first.woken = Some(WakeReason::Work(work.clone()));
            first.wake.notify_one();
        }
    }

    fn wake_all(&mut self) {
        for waiter in self.workers.values_mut() {
            waiter.woken.get_or_insert(WakeReason::Look);
            waiter.wake.notify_one();
        }
    }
}

impl LineTicket {
    /// Waits for a wake-up. The worker then looks for work, and calls
    /// [`has_looked`](Self::has_looked). Work that arrives in between wakes this worker again, or
    /// another one.
    pub(crate) async fn wait_for_wake(&self) {
        self.wake.notified().await;
        self.with_worker(|waiter| {
            if let Some(WakeReason::Work(work)) = waiter.woken.take() {
                waiter.looks_for = Some(work);
            }
        });
    }

    /// Notes that the worker has looked for work, with or without success.
    pub(crate) fn has_looked(&self) {
        self.with_worker(|waiter| waiter.looks_for = None);
    }

    fn with_worker(&self, change: impl FnOnce(&mut WaitingWorker)) {
        if let Some(waiter) = lock_line(&self.line).workers.get_mut(&self.came) {
            change(waiter);
        }
    }
}

impl Drop for LineTicket {
    /// A worker that leaves without having looked passes the work on to the next worker.
    fn drop(&mut self) {
        let mut line = lock_line(&self.line);
        let Some(waiter) = line.workers.remove(&self.came) else {
            return;
        };
        if let Some(WakeReason::Work(work)) = waiter.woken {
            line.wake_one(&work);
        }
        if let Some(work) = waiter.looks_for {
            line.wake_one(&work);
        }
    }
}

fn lock_line(line: &Mutex<WorkerLine>) -> std::sync::MutexGuard<'_, WorkerLine> {
    // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes waiting workers as the store announces messages, until the shutdown.
pub(crate) async fn wake_workers(
    waiting: WaitingWorkers,
    mut changes: broadcast::Receiver<Change>,
    shutdown: CancellationToken,
) {
    let line = &waiting.0;
    loop {
        let change = tokio::select! {
            () = shutdown.cancelled() => return,
            change = changes.recv() => change,
        };
        match change {
            Ok(Change::Claimable {
                place,
                persona,
                agent,
            }) => lock_line(line).wake_one(&ClaimableWork {
                place,
                persona,
                agent,
            }),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => lock_line(line).wake_all(),
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    fn claim_wants(persona: &str) -> ClaimNext {
        ClaimNext {
            worker: "w".into(),
            personas: vec![persona.into()],
            lease: Duration::from_mins(1),
            agents: vec!["workers".into()],
            of: None,
            not_in: vec![crate::web::room_place::place_of_room("closed")],
        }
    }

    fn claimable_work(room: &str, persona: &str, agent: &str) -> ClaimableWork {
        ClaimableWork {
            place: crate::web::room_place::place_of_room(room),
            persona: persona.into(),
            agent: agent.into(),
        }
    }

    fn is_woken(waiting: &LineTicket) -> bool {
        waiting.wait_for_wake().now_or_never().is_some()
    }

    #[test]
    fn work_wakes_the_first_whom_it_is_for() {
        let waiters = WaitingWorkers::default();
        let other = waiters.join_line(claim_wants("other"));
        let [first, second] = [(); 2].map(|()| waiters.join_line(claim_wants("hal")));
        for nobodys in [
            claimable_work("a", "hal", "echo"),
            claimable_work("a", "bob", "workers"),
            claimable_work("closed", "hal", "workers"),
        ] {
            lock_line(&waiters.0).wake_one(&nobodys);
        }
        assert!(![&other, &first, &second].into_iter().any(is_woken));
        lock_line(&waiters.0).wake_one(&claimable_work("a", "hal", "workers"));
        lock_line(&waiters.0).wake_one(&claimable_work("b", "hal", "workers"));
        assert!(is_woken(&first) && is_woken(&second));
        assert!(![&other, &first, &second].into_iter().any(is_woken));
    }

    #[test]
    fn who_goes_without_having_looked_leaves_the_work_to_the_next() {
        let waiters = WaitingWorkers::default();
        let [first, second, third] = [(); 3].map(|()| waiters.join_line(claim_wants("hal")));
        lock_line(&waiters.0).wake_one(&claimable_work("a", "hal", "workers"));
        drop(first);
        assert!(is_woken(&second));
        drop(second);
        assert!(is_woken(&third));
        third.has_looked();
        let fourth = waiters.join_line(claim_wants("hal"));
        drop(third);
        assert!(!is_woken(&fourth));
    }

    #[test]
    fn who_missed_something_looks() {
        let waiters = WaitingWorkers::default();
        let all = ["hal", "other"].map(|persona| waiters.join_line(claim_wants(persona)));
        lock_line(&waiters.0).wake_all();
        assert!(all.iter().all(is_woken));
        assert!(!all.iter().any(is_woken));
    }
}
