//! Decides when Baton reconnects after a lost connection, and when Baton gives up the session of the platform.

use std::time::Duration;

use baton_core::clock::Steady;

use super::connection_end::{ConnectionLoss, LossReason};

/// A session of this length resets the count of failures.
const HELD: Duration = Duration::from_secs(30);

/// The pause between the beginnings of two tries. The first retry follows at once, the second after `FIRST`,
/// and each further pause is twice as long.
const FIRST: Duration = Duration::from_secs(1);
const LONGEST: Duration = Duration::from_secs(30);

/// The time from the beginning of the refused connection to a new session, if the platform no longer knows the old
/// session. Discord asks for 1 to 5 seconds in this case.
const FORGOTTEN: Duration = Duration::from_secs(1);
const FORGOTTEN_AND_MORE: Duration = Duration::from_secs(3);

/// The number of failed resumes that leads to a new session.
const RESUMES: u32 = 3;

/// The failures in a row.
#[derive(Debug, Default)]
pub(super) struct ReconnectPlanner {
    failures: u32,
    /// The failed resumes among connections that the platform accepted.
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
        // Randomness spreads the clients after an outage. The factor stays below 1, so that Baton returns within
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

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Steady = Steady(100_000);

    fn lost(why: LossReason, was_accepted: bool) -> ConnectionLoss {
        ConnectionLoss {
            why,
            was_accepted,
            live_since: None,
        }
    }

    #[test]
    fn s92_the_first_retry_follows_at_once_and_the_pauses_grow() {
        let mut planner = ReconnectPlanner::default();
        let away = lost(LossReason::Unreachable("away".to_owned()), false);
        let plans: Vec<_> = (0..9)
            .map(|_| planner.plan_reconnect(&away, NOW, true, 1.0))
            .collect();
        let pauses: Vec<_> = plans.iter().map(|plan| plan.after.as_millis()).collect();
        assert_eq!(
            pauses,
            [0, 800, 1_600, 3_200, 6_400, 12_800, 24_000, 24_000, 24_000]
        );
        assert!(plans.iter().all(|plan| !plan.anew), "the session survives");
        assert_eq!(plans[8].failures, 9);
    }

    #[test]
    fn s92_the_third_failed_resume_begins_a_new_session() {
        let mut planner = ReconnectPlanner::default();
        let closed = lost(LossReason::Closed(4_000), true);
        let anew = [(); 6].map(|()| planner.plan_reconnect(&closed, NOW, true, 0.0).anew);
        assert_eq!(anew, [false, false, true, false, false, true]);
        let asked = lost(LossReason::ReconnectAsked, true);
        assert!((0..9).all(|_| !planner.plan_reconnect(&asked, NOW, true, 0.0).anew));
    }

    #[test]
    fn s92_a_forgotten_session_is_begun_anew_after_one_to_four_seconds() {
        let forgotten = lost(LossReason::NoSuchSession { resumable: false }, true);
        for (random, seconds) in [(0.0, 1), (1.0, 4)] {
            let plan = ReconnectPlanner::default().plan_reconnect(&forgotten, NOW, true, random);
            assert_eq!(plan.after, Duration::from_secs(seconds));
            assert!(plan.anew);
        }
    }

    #[test]
    fn a_session_of_half_a_minute_resets_the_failures() {
        let mut planner = ReconnectPlanner::default();
        for (age, failures) in [(0, 1), (29, 2), (30, 1), (29, 2)] {
            let loss = ConnectionLoss {
                why: LossReason::NoHeartbeat,
                was_accepted: true,
                live_since: Some(NOW.before(Duration::from_secs(age))),
            };
            let plan = planner.plan_reconnect(&loss, NOW, false, 0.5);
            assert_eq!(plan.failures, failures, "{age}");
        }
    }
}
