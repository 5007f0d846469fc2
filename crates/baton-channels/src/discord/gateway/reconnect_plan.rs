//! Decides when Baton reconnects after a lost connection, and when Baton gives up the session.

use std::time::Duration;

use baton_core::clock::Steady;

use super::connection_end::{ConnectionLoss, LossReason};

/// A session of this length resets the count of failures.
const HELD: Duration = Duration::from_secs(30);

/// The pause between the beginnings of two tries. The first retry follows at once, the second after `FIRST`,
/// and each further pause is twice as long.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// The pause before a new session when Discord no longer knows the old one. Discord asks for 1 to 5 seconds
/// in this case.
const FORGOTTEN: Duration = Duration::from_secs(1);
const FORGOTTEN_AND_MORE: Duration = Duration::from_secs(3);

/// The number of failed resumes that leads to a new session.
const RESUMES: u32 = 3;

/// The failures in a row.
#[derive(Debug, Default)]
pub(super) struct ReconnectPlanner {
    failures: u32,
    /// The failed resumes among connections that Discord accepted.
    resumes: u32,
}

/// The plan after a lost connection.
#[derive(Debug)]
pub(super) struct ReconnectPlan {
    /// The pause, counted from the beginning of the lost connection.
    pub(super) after: Duration,
    /// Whether to begin a new session.
    pub(super) anew: bool,
    /// The number of failures in a row.
    pub(super) failures: u32,
}

impl ReconnectPlanner {
    /// `resumed` says whether the connection tried to resume a session. `random` lies between 0 and 1.
    pub(super) fn plan_reconnect(
        &mut self,
        lost: &ConnectionLoss,
        now: Steady,
        resumed: bool,
        random: f64,
    ) -> ReconnectPlan {
        if lost
            .live_since
            .is_some_and(|since| now.since(since) >= HELD)
        {
            *self = Self::default();
        } else if resumed && lost.was_accepted && lost.why != LossReason::ReconnectAsked {
            self.resumes += 1;
        }
        let doublings = self.failures.checked_sub(1);
        self.failures = self.failures.saturating_add(1);
        let longest = doublings.map_or(Duration::ZERO, |doublings| {
            let times = 2_u32.saturating_pow(doublings);
            FIRST.saturating_mul(times).min(LONGEST)
        });
        let is_forgotten = resumed && lost.why == LossReason::NoSuchSession { resumable: false };
        let anew = is_forgotten || self.resumes >= RESUMES;
        if anew {
            self.resumes = 0;
        }
        // Randomness spreads the bots after an outage. The factor stays below 1, so that Baton returns within
        // half a minute.
        let after = if is_forgotten {
            FORGOTTEN + FORGOTTEN_AND_MORE.mul_f64(random)
        } else {
            longest.mul_f64(0.5 + 0.3 * random)
        };
        ReconnectPlan {
            after,
            anew,
            failures: self.failures,
        }
    }
}
