//! Pauses for rate limits: of each kind of request, of each bucket, and of all requests.
//!
//! The rules are those of Discord: the headers `x-ratelimit-…`, and paths such as `channels/1/messages`, whose first id
//! has a limit of its own. Without these headers, Baton pauses only after a refusal. A platform with the chat in the
//! body, such as Telegram, would have one key for all chats. The connector of such a platform keeps the limits itself,
//! with requests [without a bucket](super::platform_request::PlatformRequest::without_bucket).

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::rate_limit_response::{LONGEST, RateLimitResponse};

/// The shortest pause after a rate limit. Each refusal in a row doubles this minimum, up to [`GROWN`], so
/// that a useless `retry_after` leads to no request storm.
pub const SHORTEST: Duration = Duration::from_millis(250);
const GROWN: Duration = Duration::from_mins(1);

/// The maximum number of remembered pauses, and of remembered kinds of requests. Pauses in the past are
/// forgotten first.
const KEPT: usize = 4_096;

/// The key of a rate limit, as far as a request shows the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RateLimitKey {
    /// The kind of request.
    kind: String,
    /// The first channel or server in the path. Each has its own limit.
    scope: String,
}

impl fmt::Display for RateLimitKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)
    }
}

impl RateLimitKey {
    /// The key of a request to this path. Ids in the path begin with a digit. The first id is that of a channel or
    /// server, if it is the second part of the path.
    pub fn of_request(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let is_id = |part: &str| part.bytes().next().is_some_and(|it| it.is_ascii_digit());
        let first = path.split('/').nth(1).filter(|part| is_id(part));
        let parts = path.split('/');
        let parts = parts.map(|part| if is_id(part) { ":id" } else { part });
        let parts: Vec<_> = parts.collect();
        Self {
            kind: format!("{method} {}", parts.join("/")),
            scope: first.unwrap_or_default().to_owned(),
        }
    }
}

/// The pauses of all rate limits, as the headers `x-ratelimit-…` tell them.
pub struct RateLimitBuckets {
    clock: Arc<dyn Clock>,
    table: Mutex<BucketTable>,
}

#[derive(Default)]
struct BucketTable {
    all: Option<Steady>,
    /// The bucket of each kind of request, once the platform has named the bucket. Several kinds can share a
    /// bucket.
    buckets: HashMap<String, String>,
    /// By bucket, or by kind if the bucket is unknown, and then by the first id in the path.
    counts: HashMap<(String, String), BucketState>,
}

/// The state of one rate limit.
#[derive(Clone, Copy)]
struct BucketState {
    until: Steady,
    /// The number of refusals in a row, of requests that had waited.
    refused: u32,
}

impl BucketState {
    fn new(now: Steady) -> Self {
        Self {
            until: now,
            refused: 0,
        }
    }

    /// Handles a refusal of a request sent at `sent`; returns the pause for the next requests.
    fn count_refusal(&mut self, sent: Steady, limit: Duration, now: Steady) -> Duration {
        // Requests in flight at the same time are refused together, and count once.
        if self.refused == 0 || sent >= self.until {
            self.refused = self.refused.saturating_add(1);
        }
        let times = 2_u32.saturating_pow(self.refused - 1);
        let pause = limit.max(SHORTEST.saturating_mul(times).min(GROWN));
        self.until = self.until.max(now.after(pause));
        pause
    }
}

impl BucketTable {
    fn bucket_key(&self, route: &RateLimitKey) -> (String, String) {
        let bucket = self.buckets.get(&route.kind).unwrap_or(&route.kind);
        (bucket.clone(), route.scope.clone())
    }

    /// The state of the route's limit; `None` if the table is full.
    fn state_of(&mut self, route: &RateLimitKey, now: Steady) -> Option<&mut BucketState> {
        let key = self.bucket_key(route);
        if self.counts.len() >= KEPT {
            self.counts.retain(|_, count| count.until > now);
        }
        if self.counts.len() >= KEPT && !self.counts.contains_key(&key) {
            return None;
        }
        Some(self.counts.entry(key).or_insert(BucketState::new(now)))
    }
}

impl RateLimitBuckets {
    /// No pauses.
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            table: Mutex::default(),
        }
    }

    /// Waits until a request may be sent, at most for `patience`. The wait is taken from `patience`. Returns
    /// the longer wait as an error, without waiting.
    pub async fn wait_for_turn(
        &self,
        route: &RateLimitKey,
        patience: &mut Duration,
    ) -> Result<(), Duration> {
        loop {
            let now = self.clock.steady();
            let until = self.with_table(|table| {
                let counted = table.counts.get(&table.bucket_key(route));
                table.all.max(counted.map(|count| count.until))
            });
            let Some(until) = until.filter(|until| *until > now) else {
                return Ok(());
            };
            let after = until.since(now);
            if after > *patience {
                return Err(after);
            }
            *patience -= after;
            self.clock.sleep_until(until).await;
        }
    }

    /// Notes a refusal of a request sent at `sent`. Returns the pause, which is at least as long as the
    /// answer says. `None` as route means a request that is not repeated.
    pub fn note_refusal(
        &self,
        route: Option<&RateLimitKey>,
        sent: Steady,
        limit: RateLimitResponse,
    ) -> Duration {
        let now = self.clock.steady();
        self.with_table(|table| {
            let count = route.and_then(|route| table.state_of(route, now));
            let pause = match count {
                Some(count) => count.count_refusal(sent, limit.after, now),
                None => limit.after.max(SHORTEST),
            };
            if limit.global {
                table.all = table.all.max(Some(now.after(pause)));
            }
            pause
        })
    }

    /// Learns the bucket of a route from the headers.
    pub fn learn_bucket(&self, route: &RateLimitKey, headers: &HeaderMap) {
        let Some(bucket) = header_text(headers, "x-ratelimit-bucket") else {
            return;
        };
        self.with_table(|table| {
            // Baton sends only some dozen kinds of requests.
            if table.buckets.len() < KEPT || table.buckets.contains_key(&route.kind) {
                let (kind, bucket) = (route.kind.clone(), bucket.to_owned());
                table.buckets.insert(kind, bucket);
            }
        });
    }

    /// Notes a request that was accepted, and the remaining limit in its headers.
    pub fn note_accepted(&self, route: &RateLimitKey, headers: &HeaderMap) {
        let number = |name| -> Option<f64> { header_text(headers, name)?.parse().ok() };
        let is_last = number("x-ratelimit-remaining").is_some_and(|left| left < 1.0);
        let after = number("x-ratelimit-reset-after").filter(|_| is_last);
        let after = after.and_then(|after| Duration::try_from_secs_f64(after).ok());
        let now = self.clock.steady();
        self.with_table(|table| {
            let key = table.bucket_key(route);
            if let Some(count) = table.counts.get_mut(&key) {
                count.refused = 0;
            }
            if let Some(after) = after
                && let Some(count) = table.state_of(route, now)
            {
                count.until = count.until.max(now.after(after.min(LONGEST)));
            }
        });
    }

    fn with_table<T>(&self, work: impl FnOnce(&mut BucketTable) -> T) -> T {
        work(&mut self.table.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn header_text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_counted_for_the_first_number_of_a_path() {
        let route = |path: &str| {
            let RateLimitKey { kind, scope } = RateLimitKey::of_request(&Method::GET, path);
            (kind, scope)
        };
        let is = |kind: &str, of: &str| (kind.to_owned(), of.to_owned());
        let message = is("GET channels/:id/messages/:id", "1");
        assert_eq!(route("channels/1/messages/2?x=3"), message);
        assert_eq!(route("channels/1"), is("GET channels/:id", "1"));
        assert_eq!(route("gateway/bot"), is("GET gateway/bot", ""));
    }
}
