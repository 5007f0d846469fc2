//! Sleeps in pieces, which show how long the program was frozen.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use super::Steady;

/// No nap is shorter, in milliseconds, unless less is left.
const SHORTEST: i64 = 50;

/// Where a nap is over for longer than this and nobody woke, the program was frozen, in milliseconds; what is
/// less is a busy machine.
const LATE: i64 = 200;

/// What is known of the time in which the program was frozen. Times are in milliseconds since the start of
/// the program.
///
/// A nap is a quarter of what is left of its sleep. So a freeze in the middle of it leaves at least three
/// quarters of that, and the longest sleep takes some fifty naps. Whoever asks for the time first after a
/// freeze sees that naps are over that nobody woke from, so nobody is told a time that was never lived.
#[derive(Debug, Default)]
pub(super) struct Naps(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// How long the program was frozen, in all.
    frozen: i64,
    /// The latest time that anybody came with. A thread that read the clock before a freeze may come after
    /// one that read it afterwards.
    latest: i64,
    /// When each nap is over, in steady time, and its number.
    naps: BTreeSet<(i64, u64)>,
    next: u64,
}

/// A piece of a sleep.
#[derive(Debug)]
pub(super) struct Nap {
    /// When it is over, as long as nobody is frozen.
    pub(super) until: i64,
    of: (i64, u64),
}

impl Naps {
    /// The steady time.
    pub(super) fn steady(&self, elapsed: i64) -> Steady {
        Steady(self.lock().steady(elapsed))
    }

    /// The next piece of a sleep; `None` where its end has come.
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

    /// Somebody woke, or sleeps no more.
    pub(super) fn end(&self, elapsed: i64, nap: &Nap) {
        let mut state = self.lock();
        state.steady(elapsed);
        state.naps.remove(&nap.of);
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // Every change under the lock is whole: a panic elsewhere leaves nothing half done.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// The steady time; what was no time is taken off first.
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
