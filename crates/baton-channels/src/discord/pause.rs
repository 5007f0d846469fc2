//! The pause before something that failed is tried again.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::Clock;

/// The first one; each further one is twice as long.
const FIRST: Duration = Duration::from_millis(500);
const LONGEST: Duration = Duration::from_secs(30);

/// How long the next pause is.
pub(super) struct Pause(Duration);

impl Default for Pause {
    fn default() -> Self {
        Self(FIRST)
    }
}

impl Pause {
    /// Lets it pass.
    pub(super) async fn pass(&mut self, clock: &Arc<dyn Clock>) {
        clock.sleep_until(clock.steady().after(self.take())).await;
    }

    /// How long it is; the next one is longer.
    pub(super) fn take(&mut self) -> Duration {
        let longer = self.0.saturating_mul(2).min(LONGEST);
        std::mem::replace(&mut self.0, longer)
    }
}
