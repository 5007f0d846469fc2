//! Backoff: the pause before another try.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;

use crate::connector::ConnectorError;

/// The first pause. Each further pause is twice as long, up to [`LONGEST`].
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// The length of the next pause.
#[derive(Debug)]
pub struct BackoffTimer(Duration);

impl Default for BackoffTimer {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl BackoffTimer {
    /// Waits for one pause.
    pub async fn wait_once(&mut self, clock: &Arc<dyn Clock>) {
        clock
            .sleep_until(clock.steady().after(self.next_pause()))
            .await;
    }

    /// Waits for one pause, at least as long as the platform asks for in this error.
    pub async fn wait_after(&mut self, error: &ConnectorError, clock: &Arc<dyn Clock>) {
        clock
            .sleep_until(clock.steady().after(self.next_pause_after(error)))
            .await;
    }

    /// Returns the length of one pause, and doubles the next pause.
    pub fn next_pause(&mut self) -> Duration {
        let longer = self.0.saturating_mul(2).min(LONGEST);
        std::mem::replace(&mut self.0, longer)
    }

    /// Returns the length of one pause, at least as long as the platform asks for in this error.
    pub fn next_pause_after(&mut self, error: &ConnectorError) -> Duration {
        self.next_pause_at_least(error.requested_pause())
    }

    /// Returns the length of one pause, at least as long as the requested pause.
    pub fn next_pause_at_least(&mut self, requested: Option<Duration>) -> Duration {
        let pause = self.next_pause();
        requested.map_or(pause, |requested| pause.max(requested))
    }
}

/// The tries of one request. They are bounded, because other messages of the channel wait meanwhile.
#[derive(Debug)]
pub struct BoundedTries {
    left: u32,
    pause: BackoffTimer,
}

impl BoundedTries {
    /// At most this many tries.
    pub fn at_most(tries: u32) -> Self {
        Self {
            left: tries,
            pause: BackoffTimer::default(),
        }
    }

    /// Waits before another try, at least as long as the platform asks for. Returns `false` if there is no other
    /// try, because the error is final or the tries are used up.
    pub async fn wait_for_next(&mut self, clock: &Arc<dyn Clock>, error: &ConnectorError) -> bool {
        self.left = self.left.saturating_sub(1);
        if self.left == 0 || error.is_final() {
            return false;
        }
        self.pause.wait_after(error, clock).await;
        true
    }
}
