//! `kind = "command"`: any program.

use std::collections::BTreeMap;
use std::path::PathBuf;

use baton_config::SecretLocation;
use schemars::JsonSchema;
use serde::Deserialize;

/// `kind = "command"`: a program with the prompt on standard input and the reply on standard output.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct CommandTable {
    /// The program and its arguments, one list item each. No shell interprets the items.
    #[schemars(length(min = 1))]
    pub(crate) command: Vec<String>,
    /// The folder in which the program runs; a relative path starts from the configuration's folder.
    pub(crate) directory: Option<PathBuf>,
    /// Environment variables for the program. Of Baton's own environment, the program gets only what every
    /// program needs.
    #[serde(default)]
    pub(crate) env: BTreeMap<String, String>,
    /// Environment variables for the program with secret values.
    #[serde(default)]
    pub(crate) secrets: BTreeMap<String, SecretLocation>,
    /// The most bytes of a reply.
    #[schemars(range(min = 1, max = 67_108_864))]
    pub(crate) output_limit: Option<usize>,
    /// The most turns that the agent runs at once.
    #[serde(default = "super::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
}
