//! The signals that end a child, each firmer than the one before.

use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use nix::sys::signal::Signal;

/// A signal, and the pause before the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) signal: Signal,
    pub(crate) pause: Duration,
}

/// The schedule of signals for a child that must end. After the last step follows `SIGKILL`.
#[derive(Debug)]
pub(crate) struct Ending {
    /// The remaining steps, the next one last.
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
    pub(crate) fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let mut steps: Vec<_> = steps.into_iter().collect();
        steps.reverse();
        Self {
            steps,
            next: Next::NotAsked,
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.next, Next::NotAsked)
    }

    /// Makes the first signal due now.
    pub(crate) fn begin(&mut self, clock: &dyn Clock) {
        self.begin_after(clock, Duration::ZERO);
    }

    /// Makes the first signal due after a pause, for a child that was already asked to end through its
    /// protocol.
    pub(crate) fn begin_after(&mut self, clock: &dyn Clock, pause: Duration) {
        if !self.has_begun() {
            self.next = Next::At(clock.steady().after(pause));
        }
    }

    /// Waits for the next signal; never returns without a due signal. The future may be dropped and the
    /// method called again.
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
