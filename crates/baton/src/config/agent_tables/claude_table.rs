//! `kind = "claude"`: the Claude Code CLI.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_agents::claude::{ClaudeSettings, SessionInUse};
use baton_config::SecretLocation;
use baton_config::table_schema::as_words;
use schemars::JsonSchema;
use serde::Deserialize;

use super::policy_table::PolicyTable;
use crate::config::duration_seconds::DurationSeconds;

/// `kind = "claude"`: the Claude Code CLI.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaudeTable {
    /// The CLI: a name to look up in `PATH`, or a path.
    #[serde(default = "ClaudeTable::default_program")]
    pub(crate) program: String,
    /// Additional arguments for the CLI.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// The folder of the agent's project; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// The CLI's name for the model. `/model` overrides this value.
    pub(crate) model: Option<String>,
    /// The CLI's permission mode, such as `acceptEdits` or `plan`.
    pub(crate) permission_mode: Option<String>,
    /// The CLI's own rules for tools that need no approval.
    #[serde(default)]
    pub(crate) allowed_tools: Vec<String>,
    /// The CLI's own rules for forbidden tools.
    #[serde(default)]
    pub(crate) disallowed_tools: Vec<String>,
    /// The CLI's own commands that people may use, without the `/`. The CLI gets any other command as plain
    /// text.
    #[serde(default = "ClaudeTable::default_commands")]
    pub(crate) commands: Vec<String>,
    /// Rules for the tools that the agent wants to use.
    #[serde(default)]
    pub(crate) policy: PolicyTable,
    /// Instructions in addition to the CLI's own system prompt. The persona's system prompt follows them.
    pub(crate) system_prompt: Option<String>,
    /// Environment variables for the CLI. Of Baton's own environment, the CLI gets only what every program
    /// needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Environment variables for the CLI with secret values.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, SecretLocation>,
    /// The reaction to a session that is also open in another terminal.
    #[serde(default)]
    pub(crate) session_in_use: SessionInUseWord,
    /// The longest silence of the CLI, in seconds, while no tool runs and no approval is open; 0 means no
    /// limit.
    pub(crate) silence_seconds: Option<DurationSeconds>,
    /// The longest wait for background commands after the answer, in seconds.
    pub(crate) background_seconds: Option<DurationSeconds>,
    /// How long the CLI keeps running after a turn, to answer the conversation's next message sooner, in
    /// seconds. 0 means that the CLI ends with its turn.
    pub(crate) keep_warm_seconds: Option<DurationSeconds>,
    /// The most CLIs that keep running after their turns, in all conversations together.
    #[serde(default = "ClaudeTable::warm_at_most")]
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) warm_at_most: usize,
    /// The most turns that the agent runs at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}

/// The reaction to a session that is also open in another terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum SessionInUseWord {
    /// The conversation continues in a copy of the session.
    #[default]
    Fork,
    /// The message is not answered.
    Refuse,
}

impl ClaudeTable {
    fn default_program() -> String {
        "claude".to_owned()
    }

    fn default_commands() -> Vec<String> {
        ClaudeSettings::COMMANDS.map(str::to_owned).into()
    }

    fn warm_at_most() -> usize {
        4
    }
}

impl From<SessionInUseWord> for SessionInUse {
    fn from(in_use: SessionInUseWord) -> Self {
        match in_use {
            SessionInUseWord::Fork => Self::Fork,
            SessionInUseWord::Refuse => Self::Refuse,
        }
    }
}
