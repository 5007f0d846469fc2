//! Limits on new sessions. A platform may lock out a bot that exceeds its limit.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use baton_core::clock::{Clock, Steady};
use tokio::sync::OwnedMutexGuard;

use crate::backoff::BackoffTimer;
use crate::connector::ConnectorError;

/// The age at which Baton asks for the allowance again, because another program may use the same account.
const FRESH: Duration = Duration::from_mins(1);

/// The time limit for asking. Without an answer, Baton uses the last known allowance.
const ASKING: Duration = Duration::from_secs(5);

/// The sessions that a platform allows an account, as the platform reports them.
#[derive(Clone, Copy, Debug)]
pub struct SessionAllowance {
    /// The sessions of a whole day.
    pub total: u32,
    /// The sessions left of this day.
    pub left: u32,
    /// The time until the next day.
    pub resets_in: Duration,
    /// The number of buckets. Shard n belongs to bucket n modulo this number.
    pub buckets: u32,
    /// The pause between two sessions of one bucket.
    pub apart: Duration,
}

/// Asks the platform for the allowance.
#[async_trait]
pub trait SessionAllowances: Send + Sync + 'static {
    /// Fetches the present allowance of the account.
    async fn fetch_allowance(&self) -> Result<SessionAllowance, ConnectorError>;
}

/// The starts of the sessions of all shards.
pub struct SessionStarts {
    platform: &'static str,
    source: Arc<dyn SessionAllowances>,
    clock: Arc<dyn Clock>,
    /// The number of buckets and the pause between two sessions, as first reported.
    first: SessionAllowance,
    day: Mutex<DailyLimit>,
    /// The time of the last new session in each bucket.
    last: Mutex<HashMap<u32, StartBucket>>,
}

type StartBucket = Arc<tokio::sync::Mutex<Option<Steady>>>;

/// The daily limit.
#[derive(Clone, Copy)]
struct DailyLimit {
    left: u32,
    /// The time when `left` is reset to `total`.
    over: Steady,
    total: u32,
    /// The time of the platform's report.
    reported: Steady,
}

impl DailyLimit {
    fn new(allowance: SessionAllowance, now: Steady) -> Self {
        Self {
            left: allowance.left,
            over: now.after(allowance.resets_in),
            total: allowance.total.max(1),
            reported: now,
        }
    }
}

/// The permission to begin one session. The bucket is locked until the drop.
pub struct SessionPermit {
    starts: Arc<SessionStarts>,
    last: OwnedMutexGuard<Option<Steady>>,
}

impl SessionPermit {
    /// Counts the session as begun now. A permit dropped without this call counts as unused.
    pub fn mark_used(mut self) {
        *self.last = Some(self.starts.clock.steady());
        self.starts
            .with_day(|day| day.left = day.left.saturating_sub(1));
    }
}

impl SessionStarts {
    /// Counts the new sessions. `first` is the known allowance, and `source` gives newer ones. `platform` is the
    /// platform's name, for the log.
    pub fn new(
        platform: &'static str,
        source: Arc<dyn SessionAllowances>,
        clock: Arc<dyn Clock>,
        first: SessionAllowance,
    ) -> Arc<Self> {
        let day = DailyLimit::new(first, clock.steady());
        Arc::new(Self {
            platform,
            source,
            clock,
            first,
            day: Mutex::new(day),
            last: Mutex::default(),
        })
    }

    /// Waits until the shard may begin a session. Calls `wait` before a wait for the next day.
    pub async fn wait_for_permit(
        self: &Arc<Self>,
        shard: u32,
        wait: impl Fn(Steady),
    ) -> SessionPermit {
        let last = self.bucket_of(shard).lock_owned().await;
        if let Some(last) = *last {
            let next = last.after(self.first.apart);
            self.clock.sleep_until(next).await;
        }
        let mut pause = BackoffTimer::default();
        loop {
            self.refresh_limit().await;
            let now = self.clock.steady();
            let day = self.with_day(|day| {
                if day.left == 0 && day.over <= now && day.reported < day.over {
                    day.left = day.total;
                }
                *day
            });
            if day.left > 0 {
                let starts = Arc::clone(self);
                return SessionPermit { starts, last };
            }
            // A platform may report no sessions left and a day that has ended. A pause follows in any case, so that
            // Baton does not ask in a tight loop.
            let again = day.over.max(now.after(pause.next_pause()));
            let (platform, seconds) = (self.platform, again.since(now).as_secs_f64());
            tracing::warn!(
                shard,
                seconds,
                "the bot has used all sessions that {platform} allows in a day; Baton begins the next session when the \
                 day is over"
            );
            wait(again);
            self.clock.sleep_until(again).await;
        }
    }

    fn bucket_of(&self, shard: u32) -> StartBucket {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        let bucket = shard % self.first.buckets.max(1);
        Arc::clone(last.entry(bucket).or_default())
    }

    /// Asks the platform for the allowance, unless the known one is recent.
    async fn refresh_limit(&self) {
        let now = self.clock.steady();
        let day = self.with_day(|day| *day);
        if now.since(day.reported) < FRESH && (day.left > 0 || now < day.over) {
            return;
        }
        let asked = tokio::select! {
            asked = self.source.fetch_allowance() => asked,
            () = self.clock.sleep_until(now.after(ASKING)) => return,
        };
        match asked {
            Ok(allowance) => {
                let reported = DailyLimit::new(allowance, self.clock.steady());
                self.with_day(|day| *day = reported);
            }
            Err(error) => {
                tracing::warn!(%error, "the number of sessions left is unknown");
            }
        }
    }

    fn with_day<T>(&self, work: impl FnOnce(&mut DailyLimit) -> T) -> T {
        work(&mut self.day.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
