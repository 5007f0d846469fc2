//! A duration as the configuration writes it: a number of seconds.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// The longest duration that can be configured, in seconds: thirty days. More is a mistake.
const LONGEST: f64 = 2_592_000.0;

/// A number of seconds, with a fraction where that is wanted.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct Seconds(#[schemars(range(min = 0.0, max = 2_592_000.0))] f64);

impl From<Seconds> for Duration {
    fn from(Seconds(seconds): Seconds) -> Self {
        // What is out of range was refused when the file was read.
        Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
    }
}
