//! Discord's ids.

use std::fmt;
use std::str::FromStr;

use baton_chat::connector::{
    ChatId, ConnectorError, Position, Refusal, RequestFailure, RoleId, WorkspaceId,
};
use baton_core::name::{ExternalId, PersonId};
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The id of a channel, thread, message, person, role or server. A later object has a greater id.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Id(pub u64);

/// The zero point of the times in Discord's ids, in milliseconds since 1970 (`reference#snowflakes`).
const EPOCH: i64 = 1_420_070_400_000;

impl Id {
    /// The time when the object with this id was created, in milliseconds since 1970, by Discord's clock.
    pub(super) fn created_at(self) -> i64 {
        (self.0 >> 22).cast_signed() + EPOCH
    }

    /// The smallest id of that time, in milliseconds since 1970; `None` before Discord's time and after its
    /// ids.
    pub(super) fn first_created_at(created_at: i64) -> Option<Self> {
        let since = u64::try_from(created_at - EPOCH).ok()?;
        Self::from_number(since.checked_mul(1 << 22)?)
    }

    /// The id with this number. Discord uses neither 0 nor a number with the first of its 64 bits set. Such
    /// an id as a cursor would hide all later messages.
    fn from_number(number: u64) -> Option<Self> {
        let is_id = 0 < number && number <= i64::MAX.unsigned_abs();
        is_id.then_some(Self(number))
    }
}

impl fmt::Display for Id {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The text is not a decimal number from 1 to 2⁶³ − 1, so the text is no id of Discord.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("this is not an id of Discord; turn on Developer Mode in Discord, and choose Copy ID")]
pub struct NotAnId;

impl FromStr for Id {
    type Err = NotAnId;

    fn from_str(text: &str) -> Result<Self, NotAnId> {
        let digits = !text.is_empty() && text.bytes().all(|it| it.is_ascii_digit());
        let number = digits.then(|| text.parse().ok()).flatten();
        number.and_then(Self::from_number).ok_or(NotAnId)
    }
}

/// Gives ids of Discord the form of the chat layer. The position of a message in the history is its id.
macro_rules! convert_into_chat_ids {
    ($($name:ty),+) => {$(
        impl From<Id> for $name {
            fn from(id: Id) -> Self {
                id.to_string().into()
            }
        }
    )+};
}

convert_into_chat_ids!(ChatId, ExternalId, PersonId, Position, RoleId, WorkspaceId);

/// The id of Discord behind an id of the chat layer. An id of another platform is an error.
pub(super) fn parse_id(text: &str) -> Result<Id, ConnectorError> {
    text.parse().map_err(|_| {
        let failure = RequestFailure::Refused(Refusal::Other);
        ConnectorError::new(failure, format!("{text:?} is not an id of Discord"))
    })
}

impl Serialize for Id {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Id {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// Discord writes ids as text; some compatible servers write numbers.
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "an id")]
        enum RawId {
            Text(String),
            Number(u64),
        }
        let id = match RawId::deserialize(deserializer)? {
            RawId::Text(text) => text.parse().ok(),
            RawId::Number(number) => Self::from_number(number),
        };
        id.ok_or_else(|| D::Error::custom("the value is no id"))
    }
}
