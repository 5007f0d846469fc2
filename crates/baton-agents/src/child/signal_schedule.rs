//! The signals that end a child, each firmer than the one before.

use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use nix::sys::signal::Signal;

/// A signal, and the pause before the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct SignalStep {
    pub(crate) signal: Signal,
    pub(crate) pause: Duration,
}

/// The schedule of signals for a child that must end. After the last step follows `SIGKILL`.
#[derive(Debug)]
pub(crate) struct SignalSchedule {
    /// The remaining steps, the next one last.
    steps: Vec<SignalStep>,
    next: NextSignal,
}

#[derive(Clone, Copy, Debug)]
enum NextSignal {
    NotAsked,
    At(Steady),
    Killed,
}

impl SignalSchedule {
    pub(crate) fn new(steps: impl IntoIterator<Item = SignalStep>) -> Self {
        let mut steps: Vec<_> = steps.into_iter().collect();
        steps.reverse();
        Self {
            steps,
            next: NextSignal::NotAsked,
        }
    }

    pub(crate) fn has_begun(&self) -> bool {
        !matches!(self.next, NextSignal::NotAsked)
    }

    /// Makes the first signal due now.
    pub(crate) fn begin(&mut self, clock: &dyn Clock) {
        self.begin_after(clock, Duration::ZERO);
    }

    /// Makes the first signal due after a pause, for a child that was already asked to end through its
    /// protocol.
    pub(crate) fn begin_after(&mut self, clock: &dyn Clock, pause: Duration) {
        if !self.has_begun() {
            self.next = NextSignal::At(clock.steady().after(pause));
        }
    }

    /// Waits for the next signal; never returns without a due signal. The future may be dropped and the
    /// method called again.
    pub(crate) async fn next_signal(&mut self, clock: &dyn Clock) -> Signal {
        match self.next {
            NextSignal::At(at) => clock.sleep_until(at).await,
            NextSignal::NotAsked | NextSignal::Killed => std::future::pending().await,
        }
        let Some(step) = self.steps.pop() else {
            self.next = NextSignal::Killed;
            return Signal::SIGKILL;
        };
        self.next = NextSignal::At(clock.steady().after(step.pause));
        step.signal
    }
}
