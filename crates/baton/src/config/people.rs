//! `[people.NAME]`: who may come in.

use schemars::JsonSchema;
use serde::Deserialize;

use super::secret::Secret;

/// A person, or a program that speaks for one.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonTable {
    /// Where the token is that proves who they are.
    pub(crate) token: Secret,
    /// Whether they may see and change everything: the status, traces, dead letters.
    #[serde(default)]
    pub(crate) operator: bool,
}
