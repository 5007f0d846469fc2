//! A simulated clock, which stands still until a test moves it.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use baton_core::clock::{Clock, Steady, Wall, millis};
use tokio::sync::{oneshot, watch};

/// The initial wall time, in milliseconds since 1970: a day in 2025.
const BEGIN: Wall = Wall(1_750_000_000_000);

/// A clock that stands still until moved. A test can move wall time and steady time separately. Sleepers wake
/// in the order of their deadlines.
pub struct SimClock {
    time: Mutex<Time>,
    /// The earliest deadline of all sleepers.
    earliest: watch::Sender<Option<Steady>>,
}

struct Time {
    wall: Wall,
    steady: Steady,
    sleepers: Vec<Sleeper>,
}

struct Sleeper {
    deadline: Steady,
    wake: oneshot::Sender<()>,
}

impl SimClock {
    /// A clock at the default initial time.
    pub fn shared() -> Arc<Self> {
        Self::at(BEGIN)
    }

    /// A clock with wall time `wall` and steady time zero.
    pub fn at(wall: Wall) -> Arc<Self> {
        Arc::new(Self {
            time: Mutex::new(Time {
                wall,
                steady: Steady(0),
                sleepers: Vec::new(),
            }),
            earliest: watch::Sender::new(None),
        })
    }

    /// The clock for the next run of the program: wall time goes on, steady time restarts at zero.
    pub fn restarted(&self) -> Arc<Self> {
        Self::at(self.wall())
    }

    /// Advances both wall and steady time. Wakes every sleeper whose deadline is reached, in order.
    pub fn advance(&self, pause: Duration) {
        let mut time = self.lock();
        time.wall.0 += millis(pause);
        time.steady = time.steady.after(pause);
        let now = time.steady;
        time.sleepers.sort_by_key(|sleeper| sleeper.deadline);
        let due = time
            .sleepers
            .partition_point(|sleeper| sleeper.deadline <= now);
        for sleeper in time.sleepers.drain(..due) {
            let _ = sleeper.wake.send(());
        }
        self.publish(&mut time);
    }

    /// Advances the clock to `deadline`; does nothing for a past deadline.
    pub fn advance_to(&self, deadline: Steady) {
        let now = self.steady();
        let pause = deadline.0.saturating_sub(now.0).max(0).unsigned_abs();
        self.advance(Duration::from_millis(pause));
    }

    /// Moves wall time alone, by milliseconds, in either direction.
    pub fn jump(&self, by: i64) {
        self.lock().wall.0 += by;
    }

    /// Waits until some task sleeps for exactly `pause` from now. Then a test may let this time pass.
    pub async fn someone_sleeps(&self, pause: Duration) {
        self.so_many_sleep(1, pause).await;
    }

    /// Lets `pause` pass each time that someone sleeps for exactly `pause`, until `event` happens; returns the result
    /// of `event`. Two tasks may sleep for the same time by chance. Then one advance may come before the sleep of the
    /// task that causes `event`, and another advance is needed.
    pub async fn pass_until<T>(&self, pause: Duration, event: impl Future<Output = T>) -> T {
        let mut event = std::pin::pin!(event);
        loop {
            tokio::select! {
                biased;
                happened = &mut event => return happened,
                () = self.someone_sleeps(pause) => self.advance(pause),
            }
        }
    }

    /// Waits for a sleeper with a pause of at most `longest`, lets its pause pass, and returns the pause. The
    /// pause before a retry is up to a quarter shorter than the longest one.
    pub async fn pass_pause(&self, longest: Duration) -> Duration {
        let now = self.steady();
        let latest = now.after(longest);
        let mut changes = self.earliest.subscribe();
        loop {
            changes.borrow_and_update();
            let found = {
                let mut time = self.lock();
                time.forget_the_gone();
                let deadlines = time.sleepers.iter().map(|sleeper| sleeper.deadline);
                deadlines.filter(|deadline| *deadline <= latest).min()
            };
            if let Some(deadline) = found {
                let pause = deadline.since(now);
                self.advance(pause);
                return pause;
            }
            if changes.changed().await.is_err() {
                std::future::pending::<()>().await;
            }
        }
    }

    /// Lets each pause of at most `longest` pass, one after the other, until `event` happens; returns the result of
    /// `event`.
    pub async fn pass_pauses_until<T>(
        &self,
        longest: Duration,
        event: impl Future<Output = T>,
    ) -> T {
        let mut event = std::pin::pin!(event);
        loop {
            tokio::select! {
                biased;
                happened = &mut event => return happened,
                _ = self.pass_pause(longest) => {}
            }
        }
    }

    /// Waits until at least `count` tasks sleep for exactly `pause` from now.
    pub async fn so_many_sleep(&self, count: usize, pause: Duration) {
        let deadline = self.steady().after(pause);
        let mut changes = self.earliest.subscribe();
        loop {
            changes.borrow_and_update();
            let sleeps = {
                let mut time = self.lock();
                time.forget_the_gone();
                let sleepers = time.sleepers.iter();
                sleepers
                    .filter(|sleeper| sleeper.deadline == deadline)
                    .count()
                    >= count
            };
            if sleeps || changes.changed().await.is_err() {
                return;
            }
        }
    }

    /// The earliest deadline of all sleepers.
    pub fn earliest(&self) -> Option<Steady> {
        let mut time = self.lock();
        time.forget_the_gone();
        time.sleepers.iter().map(|sleeper| sleeper.deadline).min()
    }

    fn lock(&self) -> MutexGuard<'_, Time> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-done change.
        self.time.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn publish(&self, time: &mut Time) {
        time.forget_the_gone();
        let earliest = time.sleepers.iter().map(|sleeper| sleeper.deadline).min();
        self.earliest.send_replace(earliest);
    }
}

impl Time {
    /// Removes sleepers whose future was dropped.
    fn forget_the_gone(&mut self) {
        self.sleepers.retain(|sleeper| !sleeper.wake.is_closed());
    }
}

#[async_trait]
impl Clock for SimClock {
    fn wall(&self) -> Wall {
        self.lock().wall
    }

    fn steady(&self) -> Steady {
        self.lock().steady
    }

    async fn sleep_until(&self, deadline: Steady) {
        let woken = {
            let mut time = self.lock();
            if deadline <= time.steady {
                return;
            }
            let (wake, woken) = oneshot::channel();
            time.sleepers.push(Sleeper { deadline, wake });
            self.publish(&mut time);
            woken
        };
        // An error would mean a dropped clock, and this borrow excludes a drop.
        let _ = woken.await;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleepers_wake_in_the_order_of_their_deadlines() {
        let clock = SimClock::shared();
        let (woke, mut order) = tokio::sync::mpsc::unbounded_channel();
        for seconds in [3, 1, 2, 60] {
            let (clock, woke) = (clock.clone(), woke.clone());
            let deadline = Steady(seconds * 1000);
            tokio::spawn(async move {
                clock.sleep_until(deadline).await;
                let _ = woke.send(seconds);
            });
        }
        for seconds in [1, 2, 3, 60] {
            clock.someone_sleeps(Duration::from_secs(seconds)).await;
        }
        clock.advance(Duration::from_secs(59));
        for seconds in [1, 2, 3] {
            assert_eq!(order.recv().await, Some(seconds));
        }
        assert!(order.try_recv().is_err(), "its time has not come");
        assert_eq!(clock.earliest(), Some(Steady(60_000)));
        clock.advance(Duration::from_secs(1));
        assert_eq!(order.recv().await, Some(60));
    }

    #[tokio::test]
    async fn the_calendar_jumps_alone() {
        let clock = SimClock::shared();
        let (wall, steady) = (clock.wall(), clock.steady());
        clock.jump(-3_600_000);
        assert_eq!(clock.wall(), Wall(wall.0 - 3_600_000));
        assert_eq!(clock.steady(), steady);
        clock.advance(Duration::from_secs(1));
        assert_eq!(clock.steady(), Steady(steady.0 + 1_000));
        let next = clock.restarted();
        assert_eq!((next.wall(), next.steady()), (clock.wall(), Steady(0)));
    }
}
