//! The configuration's form of a duration: a number of seconds.

use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;

/// The longest duration, in seconds: thirty days. A longer duration is probably a mistake.
const LONGEST: f64 = 2_592_000.0;

/// A number of seconds, with an optional fraction.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize, JsonSchema)]
#[serde(transparent)]
#[schemars(inline)]
pub(crate) struct DurationSeconds(#[schemars(range(min = 0.0, max = 2_592_000.0))] f64);

impl From<DurationSeconds> for Duration {
    fn from(DurationSeconds(seconds): DurationSeconds) -> Self {
        // The check of the file has refused values out of range.
        Duration::from_secs_f64(seconds.clamp(0.0, LONGEST))
    }
}
