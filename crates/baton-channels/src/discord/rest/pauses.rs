//! How long we are to wait: for each kind of request, for those that Discord counts together, and for all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::RestError;

/// How many pauses are kept at most, of which those that are over are forgotten first, and how many kinds of
/// requests.
const KEPT: usize = 4_096;

/// What a limit is counted for, as far as we know without being told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Route {
    /// The kind of request.
    kind: String,
    /// The channel or server that stands first in its path; each has a count of its own.
    of: String,
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

/// Until when we wait.
pub(super) struct Pauses {
    clock: Arc<dyn Clock>,
    until: Mutex<Until>,
}

#[derive(Default)]
struct Until {
    all: Option<Steady>,
    /// The name of what each kind of request is counted in, once Discord has told it: the same for several
    /// kinds.
    buckets: HashMap<String, String>,
    /// By bucket, or kind where that has none, and then by what stands first in the path.
    counts: HashMap<(String, String), Steady>,
}

impl Until {
    fn count(&self, route: &Route) -> (String, String) {
        let bucket = self.buckets.get(&route.kind).unwrap_or(&route.kind);
        (bucket.clone(), route.of.clone())
    }
}

impl Pauses {
    pub(super) fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            clock,
            until: Mutex::default(),
        }
    }

    /// Waits until a request may go, where that is no longer than `patience`, of which it takes what it
    /// waited.
    pub(super) async fn pass(
        &self,
        route: &Route,
        patience: &mut Duration,
    ) -> Result<(), RestError> {
        loop {
            let now = self.clock.steady();
            let until = self.with(|until| {
                let counted = until.counts.get(&until.count(route));
                until.all.max(counted.copied())
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

    /// Keeps that we are to wait.
    pub(super) fn keep(&self, route: &Route, after: Duration, all: bool) {
        let now = self.clock.steady();
        let end = now.after(after);
        self.with(|until| {
            if all {
                until.all = until.all.max(Some(end));
                return;
            }
            if until.counts.len() >= KEPT {
                until.counts.retain(|_, end| *end > now);
            }
            if until.counts.len() < KEPT {
                let count = until.count(route);
                let known = until.counts.entry(count).or_insert(end);
                *known = end.max(*known);
            }
        });
    }

    /// What an answer says of the next request.
    pub(super) fn learn(&self, route: &Route, headers: &HeaderMap) {
        let text = |name: &str| headers.get(name)?.to_str().ok();
        if let Some(bucket) = text("x-ratelimit-bucket") {
            self.with(|until| {
                // This program makes some dozen kinds of requests.
                if until.buckets.len() < KEPT || until.buckets.contains_key(&route.kind) {
                    let (kind, bucket) = (route.kind.clone(), bucket.to_owned());
                    until.buckets.insert(kind, bucket);
                }
            });
        }
        let number = |name: &str| -> Option<f64> { text(name)?.parse().ok() };
        if number("x-ratelimit-remaining").is_some_and(|left| left < 1.0)
            && let Some(after) = number("x-ratelimit-reset-after")
            && let Ok(after) = Duration::try_from_secs_f64(after)
        {
            self.keep(route, after, false);
        }
    }

    fn with<T>(&self, work: impl FnOnce(&mut Until) -> T) -> T {
        work(&mut self.until.lock().unwrap_or_else(PoisonError::into_inner))
    }
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
