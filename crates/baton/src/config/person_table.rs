//! `[people.NAME]`: the people with access.

use baton_config::SecretLocation;
use schemars::JsonSchema;
use serde::Deserialize;

/// A person, or a program that acts for a person.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct PersonTable {
    /// The location of the token with which the person signs in.
    pub(crate) token: SecretLocation,
    /// Whether the person is an operator, who may see and change everything: the status, traces, dead
    /// letters.
    #[serde(default)]
    pub(crate) operator: bool,
}
