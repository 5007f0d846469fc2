//! `kind = "echo"`: repeats the message.

use schemars::JsonSchema;
use serde::Deserialize;

use crate::config::duration_seconds::DurationSeconds;

/// `kind = "echo"`: repeats the message, for trying Baton out.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct EchoTable {
    /// The most turns that the agent runs at once.
    #[serde(default = "EchoTable::at_once")]
    #[schemars(range(min = 1, max = 10_000))]
    pub(crate) at_once: usize,
    /// The pause between two pieces of an answer, in seconds.
    pub(crate) pause_seconds: Option<DurationSeconds>,
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
