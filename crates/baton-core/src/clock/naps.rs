//! Sleeps in short naps, which reveal how long the program was frozen.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Steady;

/// The shortest nap in milliseconds, unless less time is left.
const SHORTEST: i64 = 50;

/// A nap that overruns by more than this, in milliseconds, means that the program was frozen. A smaller delay
/// means a busy machine.
const LATE: i64 = 200;

/// The record of frozen time. Times are in milliseconds since the start of the program.
///
/// A nap is a quarter of the remaining sleep. A freeze within a nap therefore leaves at least three quarters
/// of the sleep, and the longest sleep takes about fifty naps. The first reader of the clock after a freeze
/// sees overdue naps, and corrects the time for all readers.
#[derive(Debug, Default)]
pub(super) struct Naps(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// The total frozen time.
    frozen: i64,
    /// The latest raw time seen. A thread that read the clock before a freeze may arrive after a thread that
    /// read it later.
    latest: i64,
    /// The end of each nap in steady time, with the nap's number.
    naps: BTreeSet<(i64, u64)>,
    next: u64,
}

/// A piece of a sleep.
#[derive(Debug)]
pub(super) struct Nap {
    /// The planned end of the nap, in steady time.
    pub(super) until: i64,
    of: (i64, u64),
}

impl Naps {
    /// The steady time.
    pub(super) fn steady(&self, elapsed: i64) -> Steady {
        Steady(self.lock().steady(elapsed))
    }

    /// Begins the next nap of a sleep; `None` once the deadline has passed.
    pub(super) fn begin(&self, elapsed: i64, deadline: Steady) -> Option<Nap> {
        let mut state = self.lock();
        let now = state.steady(elapsed);
        let left = deadline.0.saturating_sub(now);
        if left <= 0 {
            return None;
        }
        let nap = (left / 4).max(SHORTEST).min(left);
        let of = (now.saturating_add(nap), state.next);
        state.next += 1;
        state.naps.insert(of);
        Some(Nap {
            until: elapsed.saturating_add(nap),
            of,
        })
    }

    /// Ends a nap, because the sleeper woke or was dropped.
    pub(super) fn end(&self, elapsed: i64, nap: &Nap) {
        let mut state = self.lock();
        state.steady(elapsed);
        state.naps.remove(&nap.of);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is complete, so a panic elsewhere leaves no half-made change.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The steady time, after removal of frozen time.
    fn steady(&mut self, elapsed: i64) -> i64 {
        let elapsed = elapsed.max(self.latest);
        self.latest = elapsed;
        let now = elapsed.saturating_sub(self.frozen);
        match self.naps.first() {
            Some(&(over, _)) if now.saturating_sub(over) > LATE => {
                self.frozen = elapsed.saturating_sub(over);
                over
            }
            _ => now,
        }
    }
}

#[cfg(test)]
mod tests;
