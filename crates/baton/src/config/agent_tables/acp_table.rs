//! `kind = "acp"`: any agent that speaks the Agent Client Protocol.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_config::SecretLocation;
use schemars::JsonSchema;
use serde::Deserialize;

use super::policy_table::PolicyTable;
use crate::config::duration_seconds::DurationSeconds;

/// `kind = "acp"`: an agent with the Agent Client Protocol.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcpTable {
    /// The program and its arguments, one list item each. No shell interprets them.
    #[schemars(length(min = 1))]
    pub(crate) command: Vec<String>,
    /// The folder in which the agent works; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// Environment variables for the agent. Of Baton's own environment, the agent gets only what every
    /// program needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Environment variables for the agent with secret values.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, SecretLocation>,
    /// The agent's own name for the model, if the agent offers a choice of models.
    pub(crate) model: Option<String>,
    /// The agent's own name for the mode, if the agent offers a choice of modes.
    pub(crate) mode: Option<String>,
    /// Rules that decide the agent's approvals before people are asked.
    #[serde(default)]
    pub(crate) policy: PolicyTable,
    /// The time limit for the start of the agent, in seconds.
    pub(crate) ready_seconds: Option<DurationSeconds>,
    /// The most turns of the agent at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}
