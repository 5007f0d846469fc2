//! How often sessions may be begun.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_core::clock::{Steady, millis};
use serde_json::{Value, json};

/// Discord lets one shard of each bucket in every five seconds. Half of it tells whether it was waited
/// for, however long each took to get here.
const APART: Duration = Duration::from_millis(2_500);

/// How many a day.
const TOTAL: u64 = 1_000;
/// Until the day is over, where a test says nothing else.
const DAY: Duration = Duration::from_hours(4);

#[derive(Debug)]
pub(in super::super) struct Starts {
    pub(in super::super) left: u64,
    /// When there are as many again as in the beginning.
    pub(in super::super) renewed: Option<Steady>,
    /// How many buckets of shards there are.
    buckets: u64,
    /// When each bucket's last one began, where that is looked at.
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

    /// As a bot is told of it.
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

    /// A shard begins a session; what is wrong with that.
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
