//! Real counting of rate limits, if the test enables them.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use baton_core::clock::{Steady, millis};

use super::check::{Operation, Values};
use super::faults::{Scope, limited};
use super::rest::Answer;

/// A rate limit.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// The number of requests in a window.
    pub requests: usize,
    /// The length of the window.
    pub window: Duration,
}

#[derive(Default)]
pub(super) struct Limits {
    /// The bucket and limit of each operation, by its id.
    routes: BTreeMap<String, (String, Limit)>,
    global: Option<Limit>,
    /// The times of the requests in the current window, by bucket; under none those of the global limit.
    taken: BTreeMap<Option<String>, VecDeque<Steady>>,
    /// The number of requests beyond a limit.
    pub(super) exceeded: usize,
}

/// The limit, in the form of the answer's headers.
pub(super) struct Told {
    bucket: String,
    limit: Limit,
    remaining: usize,
    reset_after: Duration,
}

impl Limits {
    pub(super) fn set(&mut self, operations: &[&str], limit: Limit) {
        let bucket = bucket(&operations.join(" "));
        for operation in operations {
            let counted = (bucket.clone(), limit);
            self.routes.insert((*operation).to_owned(), counted);
        }
    }

    pub(super) fn set_global(&mut self, limit: Limit) {
        self.global = Some(limit);
    }

    /// Counts a request. A request beyond a limit gets an answer with status 429.
    pub(super) fn take(
        &mut self,
        operation: &Operation,
        path: &Values,
        now: Steady,
    ) -> Result<Option<Told>, Answer> {
        // Interactions do not count against the global limit: /topics/rate-limits#global-rate-limit.
        if let Some(limit) = self.global
            && !operation.open
        {
            let (remaining, wait) = self.count(None, limit, now);
            if remaining.is_none() {
                return Err(self.exceed(Scope::Global, wait, ""));
            }
        }
        let Some((bucket, limit)) = self.routes.get(&operation.id).cloned() else {
            return Ok(None);
        };
        // The bucket is the same for all channels, but each channel, server or webhook has its own count.
        let major = ["channel_id", "guild_id", "webhook_id"]
            .iter()
            .find_map(|&name| path.get(name));
        let key = format!("{bucket}:{}", major.map_or("", String::as_str));
        let (remaining, wait) = self.count(Some(key), limit, now);
        match remaining {
            None => {
                let mut answer = self.exceed(Scope::User, wait, &bucket);
                Told {
                    bucket,
                    limit,
                    remaining: 0,
                    reset_after: wait,
                }
                .tell(&mut answer);
                Err(answer)
            }
            Some(remaining) => Ok(Some(Told {
                bucket,
                limit,
                remaining,
                reset_after: wait,
            })),
        }
    }

    /// The remaining requests, none for a request beyond the limit; and the time until the window ends.
    fn count(
        &mut self,
        key: Option<String>,
        limit: Limit,
        now: Steady,
    ) -> (Option<usize>, Duration) {
        let taken = self.taken.entry(key).or_default();
        // A window begins with its first request, and ends for all its requests at once.
        if taken
            .front()
            .is_some_and(|&first| now.since(first) >= limit.window)
        {
            taken.clear();
        }
        let first = *taken.front().unwrap_or(&now);
        let wait = limit.window.saturating_sub(now.since(first));
        if taken.len() >= limit.requests {
            return (None, wait);
        }
        taken.push_back(now);
        (Some(limit.requests - taken.len()), wait)
    }

    fn exceed(&mut self, scope: Scope, wait: Duration, bucket: &str) -> Answer {
        self.exceeded += 1;
        limited(scope, millis(wait).unsigned_abs().max(1), bucket)
    }
}

/// The name of the bucket for these operations.
pub(super) fn bucket(operations: &str) -> String {
    let mut hasher = DefaultHasher::new();
    operations.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}

impl Told {
    pub(super) fn tell(&self, answer: &mut Answer) {
        answer.header("x-ratelimit-limit", self.limit.requests);
        answer.header("x-ratelimit-remaining", self.remaining);
        answer.header(
            "x-ratelimit-reset-after",
            format!("{:.3}", self.reset_after.as_secs_f64()),
        );
        answer.header("x-ratelimit-bucket", &self.bucket);
    }
}
