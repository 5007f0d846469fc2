//! The time limit of a turn.

use std::time::Duration;

use crate::clock::Steady;

/// The end of a turn's time. The agent's waits for people, or for a resource that is not ready, do not count.
pub(super) struct TurnDeadline {
    end: Steady,
    /// The start and the limit of the agent's wait for a resource.
    wait: Option<(Steady, Duration)>,
}

impl TurnDeadline {
    pub(super) fn new(now: Steady, limit: Duration) -> Self {
        Self {
            end: now.after(limit),
            wait: None,
        }
    }

    /// The end, if the agent waits as long as announced.
    pub(super) fn end(&self) -> Steady {
        self.end
    }

    /// The agent begins to wait. A wait within another wait changes nothing.
    pub(super) fn begin_wait(&mut self, now: Steady, at_most: Duration) {
        if self.wait.is_none() {
            self.extend(at_most);
            self.wait = Some((now, at_most));
        }
    }

    /// The agent goes on. The rest of the announced waiting time is lost.
    pub(super) fn end_wait(&mut self, now: Steady) {
        if let Some((since, at_most)) = self.wait.take() {
            let took = now.since(since);
            self.end = self.end.before(at_most.saturating_sub(took));
        }
    }

    /// Moves the end later by this uncounted time.
    pub(super) fn extend(&mut self, time: Duration) {
        self.end = self.end.after(time);
    }
}
