//! Limits on session starts.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::clock::{Steady, millis};
use serde_json::{Value, json};

/// The checked distance between two starts of one bucket. Discord allows one start in five seconds. Half of
/// this time proves that the bot waited, despite delays on the way.
const APART: Duration = Duration::from_millis(2_500);

/// The number of session starts a day.
const TOTAL: u64 = 1_000;
/// The time until the limit is renewed, if the test sets no other time.
const DAY: Duration = Duration::from_hours(4);

#[derive(Debug)]
pub(in super::super) struct Starts {
    pub(in super::super) left: u64,
    /// The time of the next renewal of the limit.
    pub(in super::super) renewed: Option<Steady>,
    /// The number of shard buckets.
    buckets: u64,
    /// The last start of each bucket; none if the pace is not checked.
    paced: Option<BTreeMap<u64, Steady>>,
}

impl Default for Starts {
    fn default() -> Self {
        Self {
            left: TOTAL,
            renewed: None,
            buckets: 16,
            paced: None,
        }
    }
}

impl Starts {
    pub(in super::super) fn pace(&mut self, buckets: u64) {
        self.buckets = buckets;
        self.paced = Some(BTreeMap::new());
    }

    /// The limits in the form of `session_start_limit`.
    pub(in super::super) fn told(&self, now: Steady) -> Value {
        let renewed = self.renewed.filter(|at| *at > now);
        let rest = renewed.map_or(DAY, |at| at.since(now));
        let is_renewed = self.renewed.is_some() && renewed.is_none();
        let left = if is_renewed { TOTAL } else { self.left };
        json!({
            "total": TOTAL, "remaining": left, "reset_after": millis(rest) + 1,
            "max_concurrency": self.buckets,
        })
    }

    /// Counts a session start of a shard. Returns an error if a limit is exceeded.
    pub(super) fn begin(&mut self, shard: u64, now: Steady) -> Result<(), String> {
        if self.renewed.is_some_and(|at| at <= now) {
            self.renewed = None;
            self.left = TOTAL;
        }
        let left = self.left.checked_sub(1);
        self.left = left.ok_or("no session start is left")?;
        if let Some(paced) = &mut self.paced {
            let bucket = shard % self.buckets;
            let last = paced.insert(bucket, now);
            if last.is_some_and(|last| now.since(last) < APART) {
                return Err(format!(
                    "shard {shard} follows another of its bucket too soon"
                ));
            }
        }
        Ok(())
    }
}
