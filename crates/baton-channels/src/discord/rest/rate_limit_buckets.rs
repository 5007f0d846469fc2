//! Pauses for rate limits: of each kind of request, of each bucket, and of all requests.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::RestError;
use super::rate_limit_response::{LONGEST, TooFast};

/// The shortest pause after a rate limit. Each refusal in a row doubles this minimum, up to [`GROWN`], so
/// that a useless `retry_after` leads to no request storm.
pub(super) const SHORTEST: Duration = Duration::from_millis(250);
const GROWN: Duration = Duration::from_mins(1);

/// The maximum number of remembered pauses, and of remembered kinds of requests. Pauses in the past are
/// forgotten first.
const KEPT: usize = 4_096;

/// The key of a rate limit, as far as a request shows the key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The kind of request.
    kind: String,
    /// The first channel or server in the path. Each has its own limit.
    of: String,
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.kind)
    }
}

impl Route {
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let is_id = |part: &str| part.bytes().next().is_some_and(|it| it.is_ascii_digit());
        let first = path.split('/').nth(1).filter(|part| is_id(part));
        let parts = path.split('/');
        let parts = parts.map(|part| if is_id(part) { ":id" } else { part });
        let parts: Vec<_> = parts.collect();
        Self {
            kind: format!("{method} {}", parts.join("/")),
            of: first.unwrap_or_default().to_owned(),
        }
    }
}

/// The pauses of all rate limits.
pub(super) struct Pauses {
    clock: Arc<dyn Clock>,
    until: Mutex<Until>,
}

#[derive(Default)]
struct Until {
    all: Option<Steady>,
    /// The bucket of each kind of request, once Discord has named the bucket. Several kinds can share a
    /// bucket.
    buckets: HashMap<String, String>,
    /// By bucket, or by kind if the bucket is unknown, and then by the first id in the path.
    counts: HashMap<(String, String), Count>,
}

/// The state of one rate limit.
#[derive(Clone, Copy)]
struct Count {
    until: Steady,
    /// The number of refusals in a row, of requests that had waited.
    refused: u32,
}

impl Count {
    fn new(now: Steady) -> Self {
        Self {
            until: now,
            refused: 0,
        }
    }

    /// Handles a refusal of a request sent at `sent`; returns the pause for the next requests.
    fn refuse(&mut self, sent: Steady, said: Duration, now: Steady) -> Duration {
        // Requests in flight at the same time are refused together, and count once.
        if self.refused == 0 || sent >= self.until {
            self.refused = self.refused.saturating_add(1);
        }
        let times = 2_u32.saturating_pow(self.refused - 1);
        let pause = said.max(SHORTEST.saturating_mul(times).min(GROWN));
        self.until = self.until.max(now.after(pause));
        pause
    }
}

impl Until {
    fn count(&self, route: &Route) -> (String, String) {
        let bucket = self.buckets.get(&route.kind).unwrap_or(&route.kind);
        (bucket.clone(), route.of.clone())
    }

    /// The state of the route's limit; `None` if the table is full.
    fn of(&mut self, route: &Route, now: Steady) -> Option<&mut Count> {
        let key = self.count(route);
        if self.counts.len() >= KEPT {
            self.counts.retain(|_, count| count.until > now);
        }
        if self.counts.len() >= KEPT && !self.counts.contains_key(&key) {
            return None;
        }
        Some(self.counts.entry(key).or_insert(Count::new(now)))
    }
}

impl Pauses {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            until: Mutex::default(),
        }
    }

    /// Waits until a request may be sent, at most for `patience`. The wait is taken from `patience`. Returns
    /// an error instead of a longer wait.
    pub(super) async fn pass(
        &self,
        route: &Route,
        patience: &mut Duration,
    ) -> Result<(), RestError> {
        loop {
            let now = self.clock.steady();
            let until = self.with(|until| {
                let counted = until.counts.get(&until.count(route));
                until.all.max(counted.map(|count| count.until))
            });
            let Some(until) = until.filter(|until| *until > now) else {
                return Ok(());
            };
            let after = until.since(now);
            if after > *patience {
                return Err(RestError::TooFast { after });
            }
            *patience -= after;
            self.clock.sleep_until(until).await;
        }
    }

    /// Notes a refusal of a request sent at `sent`. Returns the pause, which is at least as long as the
    /// answer says. `None` as route means a request that is not repeated.
    pub(super) fn refuse(&self, route: Option<&Route>, sent: Steady, said: TooFast) -> Duration {
        let now = self.clock.steady();
        self.with(|until| {
            let count = route.and_then(|route| until.of(route, now));
            let pause = match count {
                Some(count) => count.refuse(sent, said.after, now),
                None => said.after.max(SHORTEST),
            };
            if said.global {
                until.all = until.all.max(Some(now.after(pause)));
            }
            pause
        })
    }

    /// Learns the bucket of a route from the headers.
    pub(super) fn learn_bucket(&self, route: &Route, headers: &HeaderMap) {
        let Some(bucket) = text(headers, "x-ratelimit-bucket") else {
            return;
        };
        self.with(|until| {
            // Baton sends only some dozen kinds of requests.
            if until.buckets.len() < KEPT || until.buckets.contains_key(&route.kind) {
                let (kind, bucket) = (route.kind.clone(), bucket.to_owned());
                until.buckets.insert(kind, bucket);
            }
        });
    }

    /// Notes a request that was accepted, and the remaining limit in its headers.
    pub(super) fn passed(&self, route: &Route, headers: &HeaderMap) {
        let number = |name| -> Option<f64> { text(headers, name)?.parse().ok() };
        let is_last = number("x-ratelimit-remaining").is_some_and(|left| left < 1.0);
        let after = number("x-ratelimit-reset-after").filter(|_| is_last);
        let after = after.and_then(|after| Duration::try_from_secs_f64(after).ok());
        let now = self.clock.steady();
        self.with(|until| {
            let key = until.count(route);
            if let Some(count) = until.counts.get_mut(&key) {
                count.refused = 0;
            }
            if let Some(after) = after
                && let Some(count) = until.of(route, now)
            {
                count.until = count.until.max(now.after(after.min(LONGEST)));
            }
        });
    }

    fn with<T>(&self, work: impl FnOnce(&mut Until) -> T) -> T {
        work(&mut self.until.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

fn text<'a>(headers: &'a HeaderMap, name: &str) -> Option<&'a str> {
    headers.get(name)?.to_str().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_counted_for_the_first_number_of_a_path() {
        let route = |path: &str| {
            let Route { kind, of } = Route::of(&Method::GET, path);
            (kind, of)
        };
        let is = |kind: &str, of: &str| (kind.to_owned(), of.to_owned());
        let message = is("GET channels/:id/messages/:id", "1");
        assert_eq!(route("channels/1/messages/2?x=3"), message);
        assert_eq!(route("channels/1"), is("GET channels/:id", "1"));
        assert_eq!(route("gateway/bot"), is("GET gateway/bot", ""));
    }
}
