//! What becomes of a use of a tool: the policy, for both ways in which the CLI asks.

use crate::policy::{Otherwise, Policy, PolicyError, PolicySettings, Ruling, ToolCall};

/// The policy of an agent.
#[derive(Debug)]
pub(super) struct Rules {
    policy: Policy,
    /// The same, but it asks only where it must: whether something is denied cannot be told.
    guard: Policy,
}

/// What becomes of a use of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Judged {
    /// Whatever the CLI would have allowed.
    Denied(String),
    /// People are asked, even where the CLI would not.
    Asked(String),
    /// It is the CLI's to ask, and where it does, it is allowed.
    Allowed,
    /// It is the CLI's to ask, and where it does, people are.
    Left,
}

impl Rules {
    pub(super) fn new(settings: &PolicySettings) -> Result<Self, PolicyError> {
        let otherwise = match settings.otherwise {
            Otherwise::Deny => Otherwise::Deny,
            Otherwise::Ask | Otherwise::Allow => Otherwise::Allow,
        };
        Ok(Self {
            policy: Policy::new(settings)?,
            guard: Policy::new(&PolicySettings {
                otherwise,
                ..settings.clone()
            })?,
        })
    }

    pub(super) fn judge(&self, call: ToolCall<'_>) -> Judged {
        match (self.guard.judge(call), self.policy.judge(call)) {
            (Ruling::Denied { why }, _) | (_, Ruling::Denied { why }) => Judged::Denied(why),
            (Ruling::Ask { why }, _) => Judged::Asked(why),
            (Ruling::Allowed, Ruling::Allowed) => Judged::Allowed,
            (Ruling::Allowed, Ruling::Ask { .. }) => Judged::Left,
        }
    }
}
