//! `[limits]`: numbers, durations and tries.

use std::time::Duration;

use baton_core::approval::ApprovalRules;
use baton_core::retry::RetryPolicy;
use baton_core::runtime::Limits;
use schemars::JsonSchema;
use serde::Deserialize;

use super::duration_seconds::DurationSeconds;

/// Limits. `baton config example` shows the defaults.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsTable {
    /// The most turns at once, of all agents together.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) turns: Option<usize>,
    /// The most waiting messages in one conversation. Further messages are refused.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) waiting: Option<u32>,
    /// The most tries of a message whose agent fails or dies.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) attempts: Option<u32>,
    /// The most tries of a message whose agent cannot be reached.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) attempts_unavailable: Option<u32>,
    /// The pause after the first failed try, in seconds. Each further pause is twice as long.
    pub(crate) first_pause_seconds: Option<DurationSeconds>,
    /// The longest pause between two tries, in seconds.
    pub(crate) longest_pause_seconds: Option<DurationSeconds>,
    /// The time limit of a turn, in seconds, for personas without their own `turn_seconds`.
    pub(crate) turn_seconds: Option<DurationSeconds>,
    /// The time in which an agent must end after a stop, in seconds.
    pub(crate) stop_grace_seconds: Option<DurationSeconds>,
    /// The time in which running turns can end by themselves when Baton is stopped, in seconds.
    pub(crate) shutdown_grace_seconds: Option<DurationSeconds>,
    /// The days for which tries, lost leases and replays are kept. Afterwards, `baton trace` shows the end of
    /// a message, and fewer steps before the end.
    #[schemars(range(min = 1, max = 36_500))]
    pub(crate) keep_events_days: Option<u32>,
}

impl LimitsTable {
    /// The limits, with defaults for absent keys.
    pub(crate) fn runtime_limits(&self, approvals: ApprovalRules) -> Limits {
        let plain = Limits::default();
        let retry = plain.retry;
        Limits {
            turns: self.turns.unwrap_or(plain.turns),
            waiting: self.waiting.unwrap_or(plain.waiting),
            retry: RetryPolicy {
                attempts: self.attempts.unwrap_or(retry.attempts),
                attempts_unavailable: self
                    .attempts_unavailable
                    .unwrap_or(retry.attempts_unavailable),
                first_pause: self
                    .first_pause_seconds
                    .map_or(retry.first_pause, Duration::from),
                longest_pause: self
                    .longest_pause_seconds
                    .map_or(retry.longest_pause, Duration::from),
            },
            approvals,
            stop_grace: self
                .stop_grace_seconds
                .map_or(plain.stop_grace, Duration::from),
            shutdown_grace: self
                .shutdown_grace_seconds
                .map_or(plain.shutdown_grace, Duration::from),
            keep_events: self.keep_events_days.map_or(plain.keep_events, |days| {
                Duration::from_hours(24 * u64::from(days))
            }),
        }
    }
}
