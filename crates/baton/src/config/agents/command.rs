//! `kind = "command"`: any program.

use std::collections::BTreeMap;
use std::path::PathBuf;

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::secret::Secret;

/// `kind = "command"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandTable {
    /// The program and what it is called with, each word for itself; no shell is between.
    #[schemars(length(min = 1))]
    pub(crate) command: Vec<String>,
    /// Where it runs; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// Set in its environment. Of Baton's own environment it gets only what every program needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Secrets that are set in its environment.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, Secret>,
    /// How long its output may become, in bytes.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub(crate) output_limit: Option<usize>,
    /// How many turns it may run at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}
