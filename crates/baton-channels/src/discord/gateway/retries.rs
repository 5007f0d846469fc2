//! When a connection that was lost is made again, and when its session is given up.

use std::time::Duration;

use baton_core::clock::Steady;

use super::connection::{Loss, Lost};

/// A connection whose session was there for so long has held, and what failed before is forgotten.
const HELD: Duration = Duration::from_secs(30);

/// From the beginning of one try to that of the next: the second after this, each further one after twice as
/// long. The first follows at once.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// Before a new session is begun where Discord no longer knows the old one: it wants 1 to 5 seconds there, whatever
/// has failed before.
const FORGOTTEN: Duration = Duration::from_secs(1);
const FORGOTTEN_AND_MORE: Duration = Duration::from_secs(3);

/// How many tries to go on with a session may fail before a new one is begun.
const RESUMES: u32 = 3;

/// What failed in a row.
#[derive(Debug, Default)]
pub(super) struct Retries {
    failures: u32,
    /// Of those, the tries to resume that Discord took, and that came to nothing.
    resumes: u32,
}

/// What comes after a connection that was lost.
#[derive(Debug)]
pub(super) struct Next {
    /// From the beginning of that connection on.
    pub(super) after: Duration,
    /// Whether its session is given up.
    pub(super) anew: bool,
    /// How many have failed in a row.
    pub(super) failures: u32,
}

impl Retries {
    /// `resumed` says whether it was to go on with a session; `random` is between 0 and 1.
    pub(super) fn lost(&mut self, lost: &Lost, now: Steady, resumed: bool, random: f64) -> Next {
        if lost
            .live_since
            .is_some_and(|since| now.since(since) >= HELD)
        {
            *self = Self::default();
        } else if resumed && lost.was_accepted && lost.why != Loss::Asked {
            self.resumes += 1;
        }
        let doublings = self.failures.checked_sub(1);
        self.failures = self.failures.saturating_add(1);
        let longest = doublings.map_or(Duration::ZERO, |doublings| {
            let times = 2_u32.saturating_pow(doublings);
            FIRST.saturating_mul(times).min(LONGEST)
        });
        let is_forgotten = resumed && lost.why == Loss::NoSuchSession { resumable: false };
        let anew = is_forgotten || self.resumes >= RESUMES;
        if anew {
            self.resumes = 0;
        }
        // Not all bots at once; and always so that we are back half a minute after Discord.
        let after = if is_forgotten {
            FORGOTTEN + FORGOTTEN_AND_MORE.mul_f64(random)
        } else {
            longest.mul_f64(0.5 + 0.3 * random)
        };
        Next {
            after,
            anew,
            failures: self.failures,
        }
    }
}
