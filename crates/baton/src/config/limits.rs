//! `[limits]`: how much, how long, how often.

use std::time::Duration;

use baton_core::approval::ApprovalRules;
use baton_core::retry::RetryPolicy;
use baton_core::runtime::Limits;
use schemars::JsonSchema;
use serde::Deserialize;

use super::seconds::Seconds;

/// Limits; what is not given has a default that is written in the example.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct LimitsTable {
    /// How many turns may run at once, of all agents.
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) turns: Option<usize>,
    /// How many messages may wait in one conversation; one more is refused.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) waiting: Option<u32>,
    /// How many tries a message has when its agent fails or dies.
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) attempts: Option<u32>,
    /// How many tries a message has when its agent cannot be reached.
    #[schemars(range(min = 1, max = 1_000_000))]
    pub(crate) attempts_unavailable: Option<u32>,
    /// The pause after the first failed try; each further one is twice as long.
    pub(crate) first_pause_seconds: Option<Seconds>,
    /// No pause is longer.
    pub(crate) longest_pause_seconds: Option<Seconds>,
    /// How long one turn may take, where its persona does not say.
    pub(crate) turn_seconds: Option<Seconds>,
    /// How long an agent has to return after a stop.
    pub(crate) stop_grace_seconds: Option<Seconds>,
    /// How long running turns have to end by themselves when Baton is stopped.
    pub(crate) shutdown_grace_seconds: Option<Seconds>,
    /// How many days is kept what happened on the way (tries, lost leases, replays); after that
    /// `baton trace` tells how something ended, and less of how it went.
    #[schemars(range(min = 1, max = 36_500))]
    pub(crate) keep_events_days: Option<u32>,
}

impl LimitsTable {
    /// With the defaults for what is not given.
    pub(crate) fn limits(&self, approvals: ApprovalRules) -> Limits {
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
