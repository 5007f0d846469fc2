//! The pauses between tries, and the limits on tries.

use std::time::Duration;

use crate::agent::{AgentError, ErrorClass};
use crate::id::MessageId;
use crate::turn::{Tries, TurnEnd};

/// The pauses between the tries of a failed turn, and the limits on its tries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The maximum number of tries for a message when its agent fails or dies. Tries that found the agent
    /// unavailable do not count.
    pub attempts: u32,
    /// The maximum number of tries for a message when its agent is unavailable. Other tries do not count.
    pub attempts_unavailable: u32,
    /// The longest pause after the first try. The pause doubles with each further try.
    pub first_pause: Duration,
    /// The upper limit of every pause.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            attempts_unavailable: 30,
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_mins(1),
        }
    }
}

/// The longest pause that the other side may ask for. People would not wait longer for a try that may fail as
/// well.
const LONGEST_GRANTED: Duration = Duration::from_hours(1);

/// The largest relative difference between the pauses of several messages.
const PAUSE_SPREAD: f64 = 0.25;

impl RetryPolicy {
    /// The longest pause after try number `attempt`, which is 1 for the first.
    pub fn max_pause(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        self.first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause)
    }

    /// The pause after try number `attempt` of message `number`: up to a quarter shorter than the
    /// [longest](Self::max_pause), so that messages that failed together are not tried again together. The
    /// result is the same for the same arguments.
    pub fn spread_pause(&self, number: i64, attempt: u32) -> Duration {
        self.max_pause(attempt)
            .mul_f64(1.0 - spread_share(number, attempt))
    }

    /// The end of a turn whose try for this message failed with `error`. Respects the pause from the other
    /// side.
    pub fn end_after(&self, error: &AgentError, message: MessageId, tries: Tries) -> TurnEnd {
        let reason = error.reason.to_string();
        let unavailable = error.class == ErrorClass::Unavailable;
        let has_more = match error.class {
            ErrorClass::Unavailable => tries.unavailable + 1 < self.attempts_unavailable,
            ErrorClass::Failed => tries.number.saturating_sub(tries.unavailable) < self.attempts,
            ErrorClass::Rejected | ErrorClass::TimeLimit => false,
        };
        let asked = error.retry_after.unwrap_or_default();
        if has_more && asked <= LONGEST_GRANTED {
            let asked = asked.mul_f64(1.0 + spread_share(message.0, tries.number));
            TurnEnd::Retry {
                reason,
                pause: self.spread_pause(message.0, tries.number).max(asked),
                unavailable,
            }
        } else {
            TurnEnd::Dead { reason }
        }
    }
}

/// A random share of [`PAUSE_SPREAD`], seeded by the number.
fn spread_share(number: i64, attempt: u32) -> f64 {
    let seed = number.unsigned_abs().rotate_left(32) ^ u64::from(attempt);
    fastrand::Rng::with_seed(seed).f64() * PAUSE_SPREAD
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn pause(error: &AgentError, message: i64, attempt: u32) -> Option<Duration> {
        let tries = Tries {
            number: attempt,
            unavailable: 0,
        };
        match RetryPolicy::default().end_after(error, MessageId(message), tries) {
            TurnEnd::Retry { pause, .. } => Some(pause),
            _ => None,
        }
    }

    #[test]
    fn s103_what_failed_together_is_not_tried_again_together() {
        let error = AgentError::unavailable("it is away");
        let pauses: BTreeSet<_> = (1..100).map(|it| pause(&error, it, 3)).collect();
        assert!(pauses.len() > 90, "{pauses:?}");
        for message in 1..100 {
            let first = pause(&error, message, 3).unwrap();
            assert!(first > Duration::from_secs(3) && first <= Duration::from_secs(4));
            assert_eq!(pause(&error, message, 3), Some(first), "it is no accident");
        }
    }

    #[test]
    fn each_kind_of_failure_has_its_own_tries() {
        let retry = RetryPolicy::default();
        let has_more = |error: AgentError, number, unavailable| {
            let tries = Tries {
                number,
                unavailable,
            };
            matches!(
                retry.end_after(&error, MessageId(1), tries),
                TurnEnd::Retry { .. }
            )
        };
        let failed = || AgentError::failed("it stumbled");
        let away = || AgentError::unavailable("it is away");
        assert!(has_more(failed(), 2, 0) && !has_more(failed(), 3, 0));
        assert!(has_more(failed(), 22, 20) && !has_more(failed(), 23, 20));
        assert!(has_more(away(), 29, 28) && !has_more(away(), 30, 29));
        assert!(has_more(away(), 31, 28), "two others failed");
    }

    #[test]
    fn s103_the_pause_that_is_asked_for_is_kept() {
        let seconds = Duration::from_secs;
        let asks = |pause| AgentError::unavailable("too many").with_retry_after(pause);
        for attempt in 1..4 {
            let kept = pause(&asks(seconds(8)), 1, attempt).unwrap();
            assert!(kept >= seconds(8) && kept <= seconds(10), "{kept:?}");
        }
        // A short request cannot shorten the usual pause.
        let hasty = pause(&asks(Duration::ZERO), 1, 5);
        assert_eq!(hasty, pause(&AgentError::unavailable("too many"), 1, 5));
        // A pause of two hours is too long, so the message is dead.
        assert_eq!(pause(&asks(seconds(7_200)), 1, 1), None);
    }
}
