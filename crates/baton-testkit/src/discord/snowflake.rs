//! Discord's ids: a time and a count in one number, so that later ids are greater.

use std::fmt;
use std::str::FromStr;

use baton_core::clock::Wall;
use serde::{Serialize, Serializer};

/// Discord's epoch: 1 January 2015, in milliseconds since 1970.
const EPOCH: i64 = 1_420_070_400_000;
/// 1 January 2026: the earliest time of an id, even if the test's clock shows an earlier time.
const EARLIEST: i64 = 1_767_225_600_000;

/// The id of a server, a channel, a person, a message, ….
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Snowflake(pub u64);

impl Snowflake {
    /// The next id after `self`, for the time `now`.
    pub(super) fn next(self, now: Wall) -> Self {
        let since = (now.0.max(EARLIEST) - EPOCH).unsigned_abs();
        Self((since << 22).max(self.0 + 1))
    }

    /// The time of the id, in Discord's format.
    pub(super) fn time(self) -> String {
        let millis = i64::try_from(self.0 >> 22).expect("42 bits fit") + EPOCH;
        written(Wall(millis))
    }
}

/// A time in Discord's format.
pub(super) fn written(time: Wall) -> String {
    let time = jiff::Timestamp::from_millisecond(time.0.max(EARLIEST))
        .expect("a test's clock shows a year that people know");
    time.strftime("%Y-%m-%dT%H:%M:%S%.6f+00:00").to_string()
}

impl fmt::Display for Snowflake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl Serialize for Snowflake {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl FromStr for Snowflake {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}
