//! Divides a sleep into short sleeps, which reveal how long the program was frozen.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Steady;

/// The shortest sleep in milliseconds, unless less time is left.
const SHORTEST_SLEEP: i64 = 50;

/// A short sleep that overruns by more than this, in milliseconds, means that the program was frozen. A
/// smaller delay means a busy machine.
const FREEZE_THRESHOLD: i64 = 200;

/// The record of frozen time. Times are in milliseconds since the start of the program.
///
/// A short sleep is a quarter of the remaining sleep. A freeze within a short sleep therefore leaves at least
/// three quarters of the sleep, and the longest sleep takes about fifty short ones. The first reader of the
/// clock after a freeze sees overdue short sleeps, and corrects the time for all readers.
#[derive(Debug, Default)]
pub(super) struct FreezeDetector(Mutex<FreezeState>);

#[derive(Debug, Default)]
struct FreezeState {
    /// The total frozen time.
    frozen: i64,
    /// The latest raw time seen. A thread that read the clock before a freeze may arrive after a thread that
    /// read it later.
    latest: i64,
    /// The end of each short sleep in steady time, with its number.
    short_sleeps: BTreeSet<(i64, u64)>,
    next: u64,
}

/// A piece of a sleep.
#[derive(Debug)]
pub(super) struct ShortSleep {
    /// The planned end of the short sleep, in steady time.
    pub(super) until: i64,
    key: (i64, u64),
}

impl FreezeDetector {
    /// The steady time.
    pub(super) fn steady_time(&self, elapsed: i64) -> Steady {
        Steady(self.lock_state().advance_to(elapsed))
    }

    /// Begins the next short sleep; `None` once the deadline has passed.
    pub(super) fn begin_sleep(&self, elapsed: i64, deadline: Steady) -> Option<ShortSleep> {
        let mut state = self.lock_state();
        let now = state.advance_to(elapsed);
        let left = deadline.0.saturating_sub(now);
        if left <= 0 {
            return None;
        }
        let length = (left / 4).max(SHORTEST_SLEEP).min(left);
        let key = (now.saturating_add(length), state.next);
        state.next += 1;
        state.short_sleeps.insert(key);
        Some(ShortSleep {
            until: elapsed.saturating_add(length),
            key,
        })
    }

    /// Ends a short sleep, because the sleeper woke or was dropped.
    pub(super) fn end_sleep(&self, elapsed: i64, sleep: &ShortSleep) {
        let mut state = self.lock_state();
        state.advance_to(elapsed);
        state.short_sleeps.remove(&sleep.key);
    }

    fn lock_state(&self) -> MutexGuard<'_, FreezeState> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl FreezeState {
    /// Records the raw time, and returns the steady time, without the frozen time.
    fn advance_to(&mut self, elapsed: i64) -> i64 {
        let elapsed = elapsed.max(self.latest);
        self.latest = elapsed;
        let now = elapsed.saturating_sub(self.frozen);
        match self.short_sleeps.first() {
            Some(&(over, _)) if now.saturating_sub(over) > FREEZE_THRESHOLD => {
                self.frozen = elapsed.saturating_sub(over);
                over
            }
            _ => now,
        }
    }
}

#[cfg(test)]
mod tests;
