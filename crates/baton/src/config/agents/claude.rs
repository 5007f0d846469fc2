//! `kind = "claude"`: the Claude Code CLI.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_agents::claude::{ClaudeSettings, SessionInUse};
use schemars::JsonSchema;
use serde::Deserialize;

use super::policy::PolicyTable;
use crate::config::seconds::Seconds;
use crate::config::secret::Secret;
use crate::config::shape::as_words;

/// `kind = "claude"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ClaudeTable {
    /// The CLI: a name that is looked up in `PATH`, or a path.
    #[serde(default = "ClaudeTable::program")]
    pub(crate) program: String,
    /// More words that it is called with.
    #[serde(default)]
    pub(crate) args: Vec<String>,
    /// The project that it works on; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// The model, as the CLI names it; `/model` goes before it.
    pub(crate) model: Option<String>,
    /// What the CLI does about permissions by itself: `acceptEdits`, `plan`, and so on.
    pub(crate) permission_mode: Option<String>,
    /// Rules of the CLI's own for tools that it may use without a question.
    #[serde(default)]
    pub(crate) allowed_tools: Vec<String>,
    /// Rules of the CLI's own for tools that it may not use.
    #[serde(default)]
    pub(crate) disallowed_tools: Vec<String>,
    /// The CLI's own commands that people may use, without the `/`. Any other is words for the model.
    #[serde(default = "ClaudeTable::commands")]
    pub(crate) commands: Vec<String>,
    /// What becomes of the tools that it wants to use.
    #[serde(default)]
    pub(crate) policy: PolicyTable,
    /// What it is told beside its own instructions; a persona's comes behind.
    pub(crate) system_prompt: Option<String>,
    /// Set in its environment. Of Baton's own environment it gets only what every program needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Secrets that are set in its environment.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// What happens when a conversation's session is open in another terminal.
    #[serde(default)]
    pub(crate) session_in_use: InUse,
    /// How long it may say nothing, while no tool runs and nobody is asked; 0 for ever.
    pub(crate) silence_seconds: Option<Seconds>,
    /// How long commands that it left in the background are waited for when it has answered.
    pub(crate) background_seconds: Option<Seconds>,
    /// How long a child is kept after its turn for the next one of its conversation; 0 for not at all.
    pub(crate) keep_warm_seconds: Option<Seconds>,
    /// How many are kept at most, of all conversations together.
    #[serde(default = "ClaudeTable::warm_at_most")]
    #[schemars(range(min = 1, max = 1_000))]
    pub(crate) warm_at_most: usize,
    /// How many turns it may run at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}

/// What happens when the session is open in another terminal.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub(crate) enum InUse {
    /// The conversation goes on in a copy of it.
    #[default]
    Fork,
    /// The message is not answered.
    Refuse,
}

impl ClaudeTable {
    fn program() -> String {
        "claude".to_owned()
    }

    fn commands() -> Vec<String> {
        ClaudeSettings::COMMANDS.map(str::to_owned).into()
    }

    fn warm_at_most() -> usize {
        4
    }
}

impl From<InUse> for SessionInUse {
    fn from(in_use: InUse) -> Self {
        match in_use {
            InUse::Fork => Self::Fork,
            InUse::Refuse => Self::Refuse,
        }
    }
}
