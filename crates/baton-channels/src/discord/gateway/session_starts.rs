//! Limits on new sessions. Discord resets the token of a bot that exceeds its limit, and the operator
//! must then configure a new one.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_chat::backoff::BackoffTimer;
use baton_core::clock::Steady;
use tokio::sync::OwnedMutexGuard;

use crate::discord::discord_account::DiscordAccount;
use crate::discord::wire::SessionStartLimit;

/// The pause between two sessions of one bucket:
/// <https://docs.discord.com/developers/events/gateway#rate-limiting>.
const APART: Duration = Duration::from_secs(5);

/// The age at which Baton asks for the daily limit again, because another program may use the
/// same token.
const FRESH: Duration = Duration::from_mins(1);

/// The time limit for asking. Without an answer, Baton uses the last known limit.
const ASKING: Duration = Duration::from_secs(5);

/// The limits on new sessions of all shards.
pub(crate) struct SessionStarts {
    account: Arc<DiscordAccount>,
    day: Mutex<DailyLimit>,
    /// The number of buckets (`max_concurrency`); shard n belongs to bucket n modulo this number.
    buckets: u32,
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
    /// The time of Discord's report.
    reported: Steady,
}

impl DailyLimit {
    fn new(limit: &SessionStartLimit, now: Steady) -> Self {
        Self {
            left: limit.remaining,
            over: now.after(Duration::from_millis(limit.reset_after)),
            total: limit.total.max(1),
            reported: now,
        }
    }
}

/// The permission to begin one session. The bucket is locked until the drop.
pub(crate) struct SessionPermit {
    starts: Arc<SessionStarts>,
    last: OwnedMutexGuard<Option<Steady>>,
}

impl SessionPermit {
    /// Counts the session as begun. A permit dropped without this call counts as unused.
    pub(crate) fn mark_used(mut self, now: Steady) {
        *self.last = Some(now);
        self.starts
            .with_day(|day| day.left = day.left.saturating_sub(1));
    }
}

impl SessionStarts {
    pub(crate) fn new(account: &Arc<DiscordAccount>, limit: &SessionStartLimit) -> Arc<Self> {
        let now = account.clock().steady();
        Arc::new(Self {
            account: Arc::clone(account),
            day: Mutex::new(DailyLimit::new(limit, now)),
            buckets: u32::from(limit.max_concurrency).max(1),
            last: Mutex::default(),
        })
    }

    /// Waits until the shard may begin a session. Calls `wait` before a wait for the next day.
    pub(crate) async fn wait_for_permit(
        self: &Arc<Self>,
        shard: u32,
        wait: impl Fn(Steady),
    ) -> SessionPermit {
        let last = self.bucket_of(shard).lock_owned().await;
        let clock = self.account.clock();
        if let Some(last) = *last {
            clock.sleep_until(last.after(APART)).await;
        }
        let mut pause = BackoffTimer::default();
        loop {
            self.refresh_limit().await;
            let now = clock.steady();
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
            // Discord can also report a day that is over with no sessions left, so there is always a
            // pause.
            let again = day.over.max(now.after(pause.next_pause()));
            tracing::warn!(
                shard,
                seconds = again.since(now).as_secs_f64(),
                "the bot has used all gateway sessions that Discord allows in a day; Baton begins the next \
                 session when the day is over"
            );
            wait(again);
            clock.sleep_until(again).await;
        }
    }

    fn bucket_of(&self, shard: u32) -> StartBucket {
        let mut last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(last.entry(shard % self.buckets).or_default())
    }

    /// Asks Discord for the daily limit, unless the known limit is recent.
    async fn refresh_limit(&self) {
        let clock = self.account.clock();
        let now = clock.steady();
        let day = self.with_day(|day| *day);
        if now.since(day.reported) < FRESH && (day.left > 0 || now < day.over) {
            return;
        }
        let request = self.account.rest.fetch_gateway_bot();
        let bot = tokio::select! {
            bot = request => bot,
            () = clock.sleep_until(now.after(ASKING)) => return,
        };
        match bot {
            Ok(bot) => {
                let reported = DailyLimit::new(&bot.session_start_limit, clock.steady());
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
