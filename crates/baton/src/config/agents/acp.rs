//! `kind = "acp"`: any agent that speaks the Agent Client Protocol.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use super::policy::PolicyTable;
use crate::config::seconds::Seconds;
use crate::config::secret::Secret;

/// `kind = "acp"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AcpTable {
    /// The program and what it is called with, each word for itself; no shell is between.
    #[schemars(length(min = 1))]
    pub(crate) command: Vec<String>,
    /// Where it works; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// Set in its environment. Of Baton's own environment it gets only what every program needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Secrets that are set in its environment.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// The model, by the agent's own name of it, where it lets anybody choose.
    pub(crate) model: Option<String>,
    /// The mode, by the agent's own name of it, where it lets anybody choose.
    pub(crate) mode: Option<String>,
    /// What becomes of what it asks, before people are asked.
    #[serde(default)]
    pub(crate) policy: PolicyTable,
    /// How long it may take until it can be asked.
    pub(crate) ready_seconds: Option<Seconds>,
    /// How many turns it may run at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}
