//! A clock on which the time passes faster than in reality, for tests of long pauses with real connections.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::clock::{Clock, Steady, SystemClock, Wall};

/// A clock whose steady time passes faster. The wall time is the real one.
///
/// Programs and fakes on one such clock agree about the time. The way of a request takes longer on this clock than in
/// reality, as on a slow connection.
pub struct QuickClock {
    clock: Arc<dyn Clock>,
    begin: Steady,
    /// How much faster the time passes.
    speed: u32,
}

impl QuickClock {
    /// A clock that begins now.
    pub fn shared(speed: u32) -> Arc<dyn Clock> {
        let clock = SystemClock::shared();
        let begin = clock.steady();
        Arc::new(Self {
            clock,
            begin,
            speed,
        })
    }
}

#[async_trait]
impl Clock for QuickClock {
    fn wall(&self) -> Wall {
        self.clock.wall()
    }

    fn steady(&self) -> Steady {
        let passed = self.clock.steady().since(self.begin);
        self.begin.after(passed * self.speed)
    }

    async fn sleep_until(&self, deadline: Steady) {
        let passed = deadline.since(self.begin) / self.speed;
        // The rounding never makes a sleep shorter.
        let passed = passed + Duration::from_millis(1);
        self.clock.sleep_until(self.begin.after(passed)).await;
    }
}
