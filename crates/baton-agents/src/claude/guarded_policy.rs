//! Applies the policy to a use of a tool, for the hook and for permission requests.

use crate::policy::{Otherwise, Policy, PolicyError, PolicySettings, Ruling, ToolCall};

/// The policy of an agent.
#[derive(Debug)]
pub(super) struct GuardedPolicy {
    policy: Policy,
    /// The policy with its default changed from `ask` to `allow`. This policy asks only if a denial cannot be
    /// ruled out.
    guard: Policy,
}

/// The ruling on a use of a tool.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ToolRuling {
    /// Denied, even if the CLI would allow the use.
    Denied(String),
    /// People are asked, even if the CLI would not ask.
    Asked(String),
    /// The CLI decides whether to ask; a request is allowed.
    Allowed,
    /// The CLI decides whether to ask; people answer the request.
    Undecided,
}

impl GuardedPolicy {
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

    pub(super) fn judge_tool(&self, call: ToolCall<'_>) -> ToolRuling {
        match (self.guard.judge(call), self.policy.judge(call)) {
            (Ruling::Denied { why }, _) | (_, Ruling::Denied { why }) => ToolRuling::Denied(why),
            (Ruling::Ask { why }, _) => ToolRuling::Asked(why),
            (Ruling::Allowed, Ruling::Allowed) => ToolRuling::Allowed,
            (Ruling::Allowed, Ruling::Ask { .. }) => ToolRuling::Undecided,
        }
    }
}
