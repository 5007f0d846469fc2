//! Workers that wait for a message. Each claimable message wakes exactly one worker: the longest waiting of
//! the workers that may claim the message.
//!
//! The store announces claimable messages; only the task [`wake`] listens to the store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::name::{AgentName, PersonaName};
use baton_core::place::Place;
use baton_core::store::{Change, ClaimNext};
use tokio::sync::Notify;
use tokio::sync::broadcast::{self, error::RecvError};

use super::app::App;

/// The waiting workers, in the order of their arrival.
#[derive(Default)]
pub(crate) struct Waiters(Arc<Mutex<Line>>);

#[derive(Default)]
struct Line {
    came: u64,
    waiting: BTreeMap<u64, Waiter>,
}

struct Waiter {
    wants: ClaimNext,
    /// Why the worker was woken; taken when the worker wakes.
    woken: Option<Reason>,
    /// The work for which the worker was woken; kept until the worker has looked.
    looks_for: Option<Work>,
    wake: Arc<Notify>,
}

/// Why a worker is woken.
#[derive(Clone)]
enum Reason {
    /// This message can be claimed.
    Work(Work),
    /// An announcement may have been lost.
    Look,
}

/// The place, persona and agent of a claimable message.
#[derive(Clone)]
struct Work {
    place: Place,
    persona: PersonaName,
    agent: AgentName,
}

impl Work {
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
pub(crate) struct Waiting {
    line: Arc<Mutex<Line>>,
    came: u64,
    wake: Arc<Notify>,
}

impl Waiters {
    /// Joins the line. A worker that looks for work after this call misses nothing.
    pub(crate) fn join(&self, wants: ClaimNext) -> Waiting {
        let wake = Arc::new(Notify::new());
        let mut line = lock(&self.0);
        line.came += 1;
        let came = line.came;
        let waiter = Waiter {
            wants,
            woken: None,
            looks_for: None,
            wake: Arc::clone(&wake),
        };
        line.waiting.insert(came, waiter);
        drop(line);
        Waiting {
            line: Arc::clone(&self.0),
            came,
            wake,
        }
    }
}

impl Line {
    /// Wakes the first worker that may claim the work and is not awake yet.
    fn wake_one(&mut self, work: &Work) {
        let mut waiting = self.waiting.values_mut();
        let first = waiting.find(|waiter| {
            !matches!(waiter.woken, Some(Reason::Work(_))) && work.is_for(&waiter.wants)
        });
        if let Some(first) = first {
            first.woken = Some(Reason::Work(work.clone()));
            first.wake.notify_one();
        }
    }

    fn wake_all(&mut self) {
        for waiter in self.waiting.values_mut() {
            waiter.woken.get_or_insert(Reason::Look);
            waiter.wake.notify_one();
        }
    }
}

impl Waiting {
    /// Waits for a wake-up. The worker then looks for work, and calls
    /// [`has_looked`](Self::has_looked). Work that arrives in between wakes this worker again, or
    /// another one.
    pub(crate) async fn woken(&self) {
        self.wake.notified().await;
        self.with(|waiter| {
            if let Some(Reason::Work(work)) = waiter.woken.take() {
                waiter.looks_for = Some(work);
            }
        });
    }

    /// Notes that the worker has looked for work, with or without success.
    pub(crate) fn has_looked(&self) {
        self.with(|waiter| waiter.looks_for = None);
    }

    fn with(&self, change: impl FnOnce(&mut Waiter)) {
        if let Some(waiter) = lock(&self.line).waiting.get_mut(&self.came) {
            change(waiter);
        }
    }
}

impl Drop for Waiting {
    /// A worker that leaves without having looked passes the work on to the next worker.
    fn drop(&mut self) {
        let mut line = lock(&self.line);
        let Some(waiter) = line.waiting.remove(&self.came) else {
            return;
        };
        if let Some(Reason::Work(work)) = waiter.woken {
            line.wake_one(&work);
        }
        if let Some(work) = waiter.looks_for {
            line.wake_one(&work);
        }
    }
}

fn lock(line: &Mutex<Line>) -> std::sync::MutexGuard<'_, Line> {
    // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
    line.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wakes waiting workers as the store announces messages, until the shutdown.
pub(crate) async fn wake(app: Arc<App>, mut changes: broadcast::Receiver<Change>) {
    let line = &app.waiters.0;
    loop {
        let change = tokio::select! {
            () = app.shutdown.cancelled() => return,
            change = changes.recv() => change,
        };
        match change {
            Ok(Change::Claimable {
                place,
                persona,
                agent,
            }) => lock(line).wake_one(&Work {
                place,
                persona,
                agent,
            }),
            Ok(_) => {}
            Err(RecvError::Lagged(_)) => lock(line).wake_all(),
            Err(RecvError::Closed) => return,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use futures_util::FutureExt;

    use super::*;

    fn wants(persona: &str) -> ClaimNext {
        ClaimNext {
            worker: "w".into(),
            personas: vec![persona.into()],
            lease: Duration::from_mins(1),
            agents: vec!["workers".into()],
            of: None,
            not_in: vec![super::super::place("closed")],
        }
    }

    fn work(room: &str, persona: &str, agent: &str) -> Work {
        Work {
            place: super::super::place(room),
            persona: persona.into(),
            agent: agent.into(),
        }
    }

    fn is_woken(waiting: &Waiting) -> bool {
        waiting.woken().now_or_never().is_some()
    }

    #[test]
    fn work_wakes_the_first_whom_it_is_for() {
        let waiters = Waiters::default();
        let other = waiters.join(wants("other"));
        let [first, second] = [(); 2].map(|()| waiters.join(wants("hal")));
        for nobodys in [
            work("a", "hal", "echo"),
            work("a", "bob", "workers"),
            work("closed", "hal", "workers"),
        ] {
            lock(&waiters.0).wake_one(&nobodys);
        }
        assert!(![&other, &first, &second].into_iter().any(is_woken));
        lock(&waiters.0).wake_one(&work("a", "hal", "workers"));
        lock(&waiters.0).wake_one(&work("b", "hal", "workers"));
        assert!(is_woken(&first) && is_woken(&second));
        assert!(![&other, &first, &second].into_iter().any(is_woken));
    }

    #[test]
    fn who_goes_without_having_looked_leaves_the_work_to_the_next() {
        let waiters = Waiters::default();
        let [first, second, third] = [(); 3].map(|()| waiters.join(wants("hal")));
        lock(&waiters.0).wake_one(&work("a", "hal", "workers"));
        drop(first);
        assert!(is_woken(&second));
        drop(second);
        assert!(is_woken(&third));
        third.has_looked();
        let fourth = waiters.join(wants("hal"));
        drop(third);
        assert!(!is_woken(&fourth));
    }

    #[test]
    fn who_missed_something_looks() {
        let waiters = Waiters::default();
        let all = ["hal", "other"].map(|persona| waiters.join(wants(persona)));
        lock(&waiters.0).wake_all();
        assert!(all.iter().all(is_woken));
        assert!(!all.iter().any(is_woken));
    }
}
