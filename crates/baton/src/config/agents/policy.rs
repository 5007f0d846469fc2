//! `policy` of an agent with tools: what it may do without a question, and what it may not do.

use std::path::PathBuf;

use baton_agents::policy::{Otherwise, PolicySettings};
use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::shape::as_words;

/// `policy`: rules in the form of Claude Code's own, such as `Bash(cargo test *)`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PolicyTable {
    /// What is denied, whoever else allows it.
    pub(crate) deny: Vec<String>,
    /// What is allowed without a question.
    pub(crate) allow: Vec<String>,
    /// What becomes of the rest.
    pub(crate) otherwise: Else,
}

/// What becomes of a tool that no rule is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum Else {
    /// People are asked, where the agent does not allow it by itself.
    #[default]
    Ask,
    /// It is allowed.
    Allow,
    /// It is denied.
    Deny,
}

impl PolicyTable {
    /// The policy of an agent whose home is there.
    pub(crate) fn settings(&self, home: Option<PathBuf>) -> PolicySettings {
        PolicySettings {
            deny: self.deny.clone(),
            allow: self.allow.clone(),
            otherwise: match self.otherwise {
                Else::Ask => Otherwise::Ask,
                Else::Allow => Otherwise::Allow,
                Else::Deny => Otherwise::Deny,
            },
            home,
        }
    }
}
