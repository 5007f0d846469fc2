//! How a child is asked to end: more firmly each time.

use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use nix::sys::signal::Signal;

/// A signal, and how long the child then has before the next.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) signal: Signal,
    pub(crate) pause: Duration,
}

/// Which signals a child gets when it is to end, and when. Behind the last step comes `SIGKILL`.
#[derive(Debug)]
pub(crate) struct Ending {
    /// What is left to do, the next one last.
    steps: Vec<Step>,
    next: Next,
}

#[derive(Clone, Copy, Debug)]
enum Next {
    NotAsked,
    At(Steady),
    Killed,
}

impl Ending {
    /// One that has not begun.
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut steps: Vec<_> = steps.into_iter().collect();
        steps.reverse();
        Self {
            steps,
            next: Next::NotAsked,
        }
    }

    /// Whether the child was asked to end.
    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.next, Next::NotAsked)
    }

    /// The first signal is due now.
    pub(crate) fn begin(&mut self, clock: &dyn Clock) {
        self.begin_after(clock, Duration::ZERO);
    }

    /// The first signal is due after a pause: the child was asked in its own way.
    pub(crate) fn begin_after(&mut self, clock: &dyn Clock, pause: Duration) {
        if !self.has_begun() {
            self.next = Next::At(clock.steady().after(pause));
        }
    }

    /// The next signal, when it is due; pending where none is. May be dropped and called again.
    pub(crate) async fn due(&mut self, clock: &dyn Clock) -> Signal {
        match self.next {
            Next::At(at) => clock.sleep_until(at).await,
            Next::NotAsked | Next::Killed => std::future::pending().await,
        }
        let Some(step) = self.steps.pop() else {
            self.next = Next::Killed;
            return Signal::SIGKILL;
        };
        self.next = Next::At(clock.steady().after(step.pause));
        step.signal
    }
}
