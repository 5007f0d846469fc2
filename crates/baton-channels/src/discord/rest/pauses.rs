//! How long we are to wait: for each kind of request, and for all.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use baton_core::clock::{Clock, Steady};
use reqwest::Method;
use reqwest::header::HeaderMap;

use super::RestError;

/// How many pauses are kept at most; those that are over are forgotten first.
const KEPT: usize = 4_096;

/// What a limit is counted for.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Route(String);

impl Route {
    /// The kind of path, with the channel or server that stands first in it.
    pub(super) fn of(method: &Method, path: &str) -> Self {
        let path = path.split('?').next().unwrap_or_default();
        let parts = path.split('/').enumerate().map(|(number, part)| {
            let is_id = part.bytes().next().is_some_and(|it| it.is_ascii_digit());
            if number > 1 && is_id { ":id" } else { part }
        });
        let parts: Vec<_> = parts.collect();
        Self(format!("{method} {}", parts.join("/")))
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
    routes: HashMap<Route, Steady>,
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
            let until = self.with(|until| until.all.max(until.routes.get(route).copied()));
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
            if until.routes.len() >= KEPT {
                until.routes.retain(|_, end| *end > now);
            }
            if until.routes.len() < KEPT {
                until.routes.insert(route.clone(), end);
            }
        });
    }

    /// What an answer says of the next request.
    pub(super) fn learn(&self, route: &Route, headers: &HeaderMap) {
        let number = |name: &str| -> Option<f64> { headers.get(name)?.to_str().ok()?.parse().ok() };
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
        let route = |path: &str| Route::of(&Method::GET, path).0;
        assert_eq!(
            route("channels/1/messages/2?x=3"),
            "GET channels/1/messages/:id"
        );
        assert_eq!(route("channels/1"), "GET channels/1");
        assert_eq!(route("gateway/bot"), "GET gateway/bot");
    }
}
