//! `policy` of an agent with tools: rules that allow or deny the use of tools.

use std::path::PathBuf;

use baton_agents::policy::{Otherwise, PolicySettings};
use baton_config::table_schema::as_words;
use schemars::JsonSchema;
use serde::Deserialize;

/// `policy`: rules in the form of Claude Code's rules, such as `Bash(cargo test *)`.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct PolicyTable {
    /// Rules for denied tools. They override every permission.
    pub(crate) deny: Vec<String>,
    /// Rules for tools that are allowed without approval.
    pub(crate) allow: Vec<String>,
    /// The decision for a tool without a matching rule.
    pub(crate) otherwise: OtherwiseWord,
}

/// The decision for a tool without a matching rule.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum OtherwiseWord {
    /// People decide, unless the agent allows the tool itself.
    #[default]
    Ask,
    /// The tool is allowed.
    Allow,
    /// The tool is denied.
    Deny,
}

impl PolicyTable {
    /// The settings of the policy, for an agent with the home folder `home`.
    pub(crate) fn policy_settings(&self, home: Option<PathBuf>) -> PolicySettings {
        PolicySettings {
            deny: self.deny.clone(),
            allow: self.allow.clone(),
            otherwise: match self.otherwise {
                OtherwiseWord::Ask => Otherwise::Ask,
                OtherwiseWord::Allow => Otherwise::Allow,
                OtherwiseWord::Deny => Otherwise::Deny,
            },
            home,
        }
    }
}
