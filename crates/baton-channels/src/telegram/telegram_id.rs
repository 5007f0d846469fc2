//! Telegram's numbers of people and chats.

use std::fmt;
use std::str::FromStr;

use baton_config::WrittenId;
use schemars::JsonSchema;
use serde::de::Error;
use serde::{Deserialize, Deserializer, Serialize};

/// The number of a person, a bot or a chat. Groups and channels have negative numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, JsonSchema)]
#[serde(transparent)]
pub struct TelegramId(pub i64);

/// The text is not a number of Telegram.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "this is not a number of Telegram; write the number of a person such as 12345, or of a group such as -1001234567890"
)]
pub struct NotATelegramId;

impl fmt::Display for TelegramId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for TelegramId {
    type Err = NotATelegramId;

    fn from_str(text: &str) -> Result<Self, NotATelegramId> {
        let number = parse_number(text).filter(|number| *number != 0);
        number.map(Self).ok_or(NotATelegramId)
    }
}

impl<'de> Deserialize<'de> for TelegramId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// People write numbers as numbers or as text.
        #[derive(Deserialize)]
        #[serde(untagged, expecting = "a number of Telegram")]
        enum RawTelegramId {
            Number(i64),
            Text(String),
        }
        let id = match RawTelegramId::deserialize(deserializer)? {
            RawTelegramId::Number(number) => (number != 0).then_some(Self(number)),
            RawTelegramId::Text(text) => text.parse().ok(),
        };
        id.ok_or_else(|| D::Error::custom(NotATelegramId))
    }
}

impl WrittenId for TelegramId {
    const PERSON_HINT: &'static str =
        "write user:ID with the number of the person on Telegram, such as user:12345";
}

/// The number in a text of decimal digits, which may begin with a minus sign.
pub(super) fn parse_number(text: &str) -> Option<i64> {
    // The parser of Rust also accepts a plus sign.
    let digits = text.strip_prefix('-').unwrap_or(text);
    let is_number = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn a_number_is_read_as_people_write_it() {
        for (text, number) in [("12345", 12_345), ("-1001234567890", -1_001_234_567_890)] {
            assert_eq!(text.parse(), Ok(TelegramId(number)));
            assert_eq!(TelegramId(number).to_string(), text);
            let read: TelegramId = serde_json::from_value(json!(text)).unwrap();
            assert_eq!(read, TelegramId(number));
            let read: TelegramId = serde_json::from_value(json!(number)).unwrap();
            assert_eq!(serde_json::to_value(read).unwrap(), json!(number));
        }
    }

    #[test]
    fn a_name_is_no_number() {
        for text in [
            "",
            "-",
            "0",
            "+5",
            " 5",
            "@ann",
            "5.0",
            "99999999999999999999",
        ] {
            assert_eq!(text.parse::<TelegramId>(), Err(NotATelegramId), "{text}");
        }
        assert!(serde_json::from_value::<TelegramId>(json!(0)).is_err());
    }
}
