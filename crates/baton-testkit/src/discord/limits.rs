//! Rate limits that are really counted, where the test switches them on.

use std::collections::{BTreeMap, VecDeque};
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use baton_core::clock::{Steady, millis};

use super::check::{Operation, Values};
use super::faults::{Scope, limited};
use super::rest::Answer;

/// So many requests in such a time.
#[derive(Clone, Copy, Debug)]
pub struct Limit {
    /// How many.
    pub requests: usize,
    /// In how long.
    pub window: Duration,
}

#[derive(Default)]
pub(super) struct Limits {
    /// By id of the operation: in which bucket it is counted, and how many that takes.
    routes: BTreeMap<String, (String, Limit)>,
    global: Option<Limit>,
    /// When each of the last ones came, by bucket; under none all together.
    taken: BTreeMap<Option<String>, VecDeque<Steady>>,
    /// How often a request was beyond a limit.
    pub(super) exceeded: usize,
}

/// What the answer tells of its limit.
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

    /// Counts a request; the answer to one beyond a limit.
    pub(super) fn take(
        &mut self,
        operation: &Operation,
        path: &Values,
        now: Steady,
    ) -> Result<Option<Told>, Answer> {
        // Interactions are not bound to the global limit: /topics/rate-limits#global-rate-limit.
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
        // The same for all channels; each channel, server or webhook has its own count in it.
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

    /// How many are left, nothing if this is one too many; and how long until the window is over.
    fn count(
        &mut self,
        key: Option<String>,
        limit: Limit,
        now: Steady,
    ) -> (Option<usize>, Duration) {
        let taken = self.taken.entry(key).or_default();
        // A window begins with its first request, and is over for all at once.
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

/// How Discord names the bucket of some operations.
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
