//! Two kinds of time. [`Wall`] is shown to people. [`Steady`] counts leases and pauses. A person or a time
//! server may move the wall clock at any time, so no limit depends on it.

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use freeze_detector::{FreezeDetector, ShortSleep};
use serde::{Deserialize, Serialize};

mod freeze_detector;

/// Wall-clock time in milliseconds since 1970, negative before; may jump in either direction.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Wall(pub i64);

/// Milliseconds on a clock that no change of the system clock moves. Each run of the program has its own
/// zero, so values of two runs are never compared. The clock stands still while the program is frozen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Steady(pub i64);

impl Steady {
    /// The time since `earlier`; zero if `earlier` is later.
    #[must_use]
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or_default())
    }

    /// This instant, `pause` later.
    #[must_use]
    pub fn after(self, pause: Duration) -> Self {
        Self(self.0.saturating_add(millis(pause)))
    }

    /// This instant, `pause` earlier.
    #[must_use]
    pub fn before(self, pause: Duration) -> Self {
        Self(self.0.saturating_sub(millis(pause)))
    }
}

/// A duration in whole milliseconds, as the store keeps it.
pub fn millis(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX)
}

/// The source of time. The product has one implementation, [`SystemClock`]. Tests use a clock that stands
/// still until the test moves it.
#[async_trait]
pub trait Clock: Send + Sync + 'static {
    /// The wall-clock time, for people.
    fn wall(&self) -> Wall;
    /// The time for leases and pauses.
    fn steady(&self) -> Steady;
    /// Returns at `deadline`, or immediately if the deadline has passed.
    async fn sleep_until(&self, deadline: Steady);
}

/// The machine's clocks.
///
/// A frozen program (stopped, paused with its machine, starved of CPU) receives no heartbeats and no answers.
/// The frozen time must therefore end no lease, turn or question. The system does not report a freeze, but an
/// overdue sleep reveals it. Long sleeps therefore consist of short ones: see [`FreezeDetector`].
#[derive(Debug)]
pub struct SystemClock {
    start: std::time::Instant,
    freezes: FreezeDetector,
}

/// A short sleep that has begun. The drop ends the short sleep, also when the sleeper is dropped.
struct SleepGuard<'a> {
    clock: &'a SystemClock,
    sleep: ShortSleep,
}

impl Drop for SleepGuard<'_> {
    fn drop(&mut self) {
        self.clock
            .freezes
            .end_sleep(self.clock.elapsed_millis(), &self.sleep);
    }
}

impl SystemClock {
    /// A clock whose steady time begins now.
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads it"
    )]
    pub fn shared() -> Arc<dyn Clock> {
        Arc::new(Self {
            start: std::time::Instant::now(),
            freezes: FreezeDetector::default(),
        })
    }

    /// Milliseconds since the start, including frozen time.
    fn elapsed_millis(&self) -> i64 {
        millis(self.start.elapsed())
    }
}

#[async_trait]
impl Clock for SystemClock {
    #[expect(
        clippy::disallowed_methods,
        reason = "this is the one place that reads it"
    )]
    fn wall(&self) -> Wall {
        let since_1970 = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
        Wall(match since_1970 {
            Ok(since) => millis(since),
            Err(before) => -millis(before.duration()),
        })
    }

    fn steady(&self) -> Steady {
        self.freezes.steady_time(self.elapsed_millis())
    }

    async fn sleep_until(&self, deadline: Steady) {
        while let Some(sleep) = self.freezes.begin_sleep(self.elapsed_millis(), deadline) {
            let until = self.start + Duration::from_millis(sleep.until.max(0).unsigned_abs());
            let _guard = SleepGuard { clock: self, sleep };
            tokio::time::sleep_until(until.into()).await;
        }
    }
}
