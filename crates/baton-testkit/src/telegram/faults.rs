//! Planted faults of requests.

use std::collections::VecDeque;

use serde_json::Value;

use crate::held::Held;

/// A planted fault of one request.
#[derive(Clone, Debug)]
pub enum Fault {
    /// Error 429 with the time to wait in seconds.
    Limited(u64),
    /// This status with a body that is not JSON, as the proxy in front of Telegram answers.
    Status(u16),
    /// Telegram's error: code, description, and parameters or null.
    Error(u16, &'static str, Value),
    /// Status 200 with this body, and the request is not carried out.
    Body(Value),
    /// The request is not carried out, and the connection is cut.
    Cut,
    /// The request is carried out, and the connection is cut before the answer.
    LoseAnswer,
    /// Just before the request, a prepared move takes place: see [`Telegram::migrate_at`](super::Telegram::migrate_at).
    Migrate(Migration),
    /// The request is carried out, and the answer waits until the test releases the answer, see [`Held`].
    Hold(Held),
    /// The request is on its way until its release by the test, and is carried out then, even if the bot has hung up.
    /// Not for `getUpdates`.
    Late(Held),
}

/// A group that becomes a supergroup.
#[derive(Clone, Copy, Debug)]
pub struct Migration {
    pub(super) group: i64,
    pub(super) supergroup: i64,
    /// The person behind the change.
    pub(super) by: i64,
}

/// The requests affected by a fault.
struct Rule {
    /// The method, or `*`.
    method: String,
    /// The remaining number of uses; none until cleared.
    times: Option<usize>,
    fault: Fault,
}

#[derive(Default)]
pub(super) struct Faults {
    rules: VecDeque<Rule>,
}

impl Faults {
    pub(super) fn add(&mut self, method: &str, times: Option<usize>, fault: Fault) {
        self.rules.push_back(Rule {
            method: method.to_owned(),
            times,
            fault,
        });
    }

    pub(super) fn clear(&mut self) {
        self.rules.clear();
    }

    /// Whether no counted fault is left.
    pub(super) fn are_used(&self) -> bool {
        self.rules.iter().all(|rule| rule.times.is_none())
    }

    /// Takes the fault for this request, if any.
    pub(super) fn take_next(&mut self, method: &str) -> Option<Fault> {
        let meant = |rule: &Rule| rule.method == method || rule.method == "*";
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
