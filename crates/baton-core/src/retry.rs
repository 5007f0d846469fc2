//! How long to wait before trying again, and when to give up.

use std::time::Duration;

use crate::agent::{AgentError, ErrorClass};
use crate::turn::TurnEnd;

/// When a failed turn is tried again, and when its messages are given up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// How many tries a message has when its agent fails or dies.
    pub attempts: u32,
    /// How many tries it has when its agent cannot be reached at all.
    pub attempts_unavailable: u32,
    /// The pause after the first try; each further one is twice as long.
    pub first_pause: Duration,
    /// No pause is longer.
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

impl RetryPolicy {
    /// The pause after try number `attempt`, which is 1 for the first.
    pub fn pause(&self, attempt: u32) -> Duration {
        let doublings = attempt.saturating_sub(1).min(30);
        self.first_pause
            .saturating_mul(1 << doublings)
            .min(self.longest_pause)
    }

    /// How a turn ends whose try number `attempt` ended in `error`.
    pub fn after(&self, error: &AgentError, attempt: u32) -> TurnEnd {
        let reason = error.reason.to_string();
        let attempts = match error.class {
            ErrorClass::Unavailable => self.attempts_unavailable,
            ErrorClass::Failed => self.attempts,
            ErrorClass::Rejected | ErrorClass::TimeLimit => 1,
        };
        if attempt < attempts {
            TurnEnd::Retry {
                reason,
                pause: self.pause(attempt),
            }
        } else {
            TurnEnd::Dead { reason }
        }
    }
}
