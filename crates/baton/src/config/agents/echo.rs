//! `kind = "echo"`: says the message again.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::seconds::Seconds;

/// `kind = "echo"`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EchoTable {
    /// How many turns it may run at once.
    #[serde(default = "EchoTable::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
    /// The pause between two pieces of an answer.
    pub(crate) pause_seconds: Option<Seconds>,
}

impl EchoTable {
    fn at_once() -> usize {
        32
    }
}

impl Default for EchoTable {
    fn default() -> Self {
        Self {
            at_once: Self::at_once(),
            pause_seconds: None,
        }
    }
}
