//! Planted faults of HTTP requests.

use std::collections::VecDeque;

use serde_json::json;

use super::rest::{Answer, ApiError};
pub use crate::held::Held;

/// The scope of an exceeded rate limit, as in `X-RateLimit-Scope`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scope {
    /// The bot's own limit for one route.
    User,
    /// The bot's own limit for all routes.
    Global,
    /// The limit of a resource, shared with all its users.
    Shared,
}

/// A planted fault of one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Status 429 with this scope, and the time to wait in milliseconds.
    Limited(Scope, u64),
    /// This status with a body that is not JSON, as Discord's proxy answers when its backend is down.
    Status(u16),
    /// Discord's error: status, error code, message.
    Error(u16, u32, &'static str),
    /// The request is not carried out, and gets exactly this answer.
    Answer {
        /// The status.
        status: u16,
        /// All headers, with names in lower case.
        headers: Vec<(&'static str, String)>,
        /// The body.
        body: Vec<u8>,
    },
    /// The request is not carried out, and the connection is cut.
    Cut,
    /// The request is carried out, and the connection is cut before the answer.
    LoseAnswer,
    /// The request is carried out, and the answer waits until the test releases it, see [`Held`].
    Hold(Held),
}

impl Fault {
    /// Status 429 with exactly these headers and this body, which may be unusual.
    pub fn too_fast(headers: &[(&'static str, &str)], body: &str) -> Self {
        let headers = headers.iter();
        let headers = headers.map(|(name, value)| (*name, (*value).to_owned()));
        Self::Answer {
            status: 429,
            headers: headers.collect(),
            body: body.as_bytes().to_vec(),
        }
    }
}

/// The requests affected by a fault.
#[derive(Clone, Debug)]
struct Rule {
    /// The id of the operation in Discord's description, or `*`.
    operation: String,
    /// The remaining number of uses; none until cleared.
    times: Option<usize>,
    fault: Fault,
}

#[derive(Default)]
pub(super) struct Faults {
    rules: VecDeque<Rule>,
    pub(super) unknown_fields: bool,
    pub(super) checks_answers: bool,
    pub(super) limits: super::limits::Limits,
}

impl Faults {
    pub(super) fn add(&mut self, operation: &str, times: Option<usize>, fault: Fault) {
        self.rules.push_back(Rule {
            operation: operation.to_owned(),
            times,
            fault,
        });
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Takes the fault for this request, if any.
    pub(super) fn next(&mut self, operation: &str) -> Option<Fault> {
        let meant = |rule: &Rule| rule.operation == operation || rule.operation == "*";
        let at = self.rules.iter().position(meant)?;
        let rule = &mut self.rules[at];
        let fault = rule.fault.clone();
        if let Some(times) = &mut rule.times {
            *times -= 1;
            if *times == 0 {
                self.rules.remove(at);
            }
        }
        Some(fault)
    }
}

/// The answer to a request beyond the limit of a bucket.
pub(super) fn limited(scope: Scope, wait_millis: u64, bucket: &str) -> Answer {
    let seconds = std::time::Duration::from_millis(wait_millis).as_secs_f64();
    let error = ApiError::new(429, 0, "You are being rate limited.");
    let mut answer = Answer::from(error);
    answer.body = json!({
        "message": "You are being rate limited.", "retry_after": seconds, "global": scope == Scope::Global,
    })
    .to_string()
    .into_bytes();
    // The header has whole seconds, rounded up; the body is exact.
    answer.header("retry-after", wait_millis.div_ceil(1000));
    answer.header("via", "1.1 google");
    match scope {
        Scope::Global => {
            answer.header("x-ratelimit-global", "true");
            answer.header("x-ratelimit-scope", "global");
        }
        Scope::User => answer.header("x-ratelimit-scope", "user"),
        Scope::Shared => answer.header("x-ratelimit-scope", "shared"),
    }
    if scope != Scope::Global {
        answer.header("x-ratelimit-limit", 5);
        answer.header("x-ratelimit-remaining", 0);
        answer.header("x-ratelimit-reset-after", format!("{seconds:.3}"));
        answer.header("x-ratelimit-bucket", bucket);
    }
    answer
}
