//! Tolerant parsing of JSON from model servers: only an unreadable part is lost.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

/// The fields of an object. The last of several fields with the same name counts.
pub(super) struct JsonFields<'a>(BTreeMap<JsonString, &'a RawValue>);

impl<'a> JsonFields<'a> {
    /// `None` if the value is not an object.
    pub(super) fn from_json(json: &'a RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok().map(Self)
    }

    /// The value of a field; `None` where it is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.0.get(name.as_bytes())?;
        (value.get() != "null").then_some(*value)
    }

    /// The value of the first field that exists.
    pub(super) fn first_of(&self, names: &[&str]) -> Option<&'a RawValue> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The object in a field.
    pub(super) fn object_field(&self, name: &str) -> Option<Self> {
        Self::from_json(self.get(name)?)
    }

    /// The string in a field.
    pub(super) fn string_field(&self, name: &str) -> Option<JsonString> {
        JsonString::from_json(self.get(name)?)
    }
}

/// The elements of a list; `None` if the value is not a list.
pub(super) fn list_elements(json: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json.get()).ok()
}

/// A whole number of at least 0, also in the form of a decimal fraction or a string.
pub(super) fn whole_number(json: &RawValue) -> Option<u64> {
    let digits = json.get().trim_matches('"').trim();
    let whole = digits.split_once('.').map_or(digits, |(whole, fraction)| {
        let plain = fraction.bytes().all(|digit| digit.is_ascii_digit());
        if plain { whole } else { "" }
    });
    whole.parse().ok()
}

/// A string. JSON strings can hold half a character (an unpaired surrogate), because servers cut text anywhere.
/// The half is kept in WTF-8, and [`SurrogateJoiner`] joins it with the half in the next piece.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct JsonString(Vec<u8>);

impl JsonString {
    /// `None` if the value is not a string.
    pub(super) fn from_json(json: &RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, more: &Self) {
        self.0.extend_from_slice(&more.0);
    }

    /// The text of a complete string.
    pub(super) fn to_text(&self) -> String {
        let mut joiner = SurrogateJoiner::default();
        joiner.push(self) + &joiner.finish()
    }
}

impl std::borrow::Borrow<[u8]> for JsonString {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for JsonString {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct BytesVisitor;
        impl Visitor<'_> for BytesVisitor {
            type Value = JsonString;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<JsonString, E> {
                Ok(JsonString(bytes.to_vec()))
            }
        }
        // The parser accepts half a character only when asked for bytes.
        deserializer.deserialize_bytes(BytesVisitor)
    }
}

/// Joins strings that were cut anywhere, even within a character. An unpaired half becomes `�`.
#[derive(Debug, Default)]
pub(super) struct SurrogateJoiner {
    /// The first half of a character whose second half has not arrived.
    first: Option<u16>,
}

impl SurrogateJoiner {
    /// The text that is complete so far.
    pub(super) fn push(&mut self, string: &JsonString) -> String {
        if self.first.is_none()
            && let Ok(text) = std::str::from_utf8(&string.0)
        {
            return text.to_owned();
        }
        if string.0.is_empty() {
            return String::new();
        }
        let mut units: Vec<u16> = self.first.take().into_iter().collect();
        let mut rest = string.0.as_slice();
        while let Some(at) = rest.windows(3).position(is_surrogate) {
            let text = String::from_utf8_lossy(&rest[..at]);
            units.extend(text.encode_utf16());
            units.push(
                0xD000 | u16::from(rest[at + 1] & 0x3F) << 6 | u16::from(rest[at + 2] & 0x3F),
            );
            rest = &rest[at + 3..];
        }
        units.extend(String::from_utf8_lossy(rest).encode_utf16());
        self.first = units.pop_if(|last| (0xD800..0xDC00).contains(last));
        String::from_utf16_lossy(&units)
    }

    /// The rest, at the end.
    pub(super) fn finish(&mut self) -> String {
        let left = self.first.take();
        left.map(|_| char::REPLACEMENT_CHARACTER)
            .into_iter()
            .collect()
    }
}

/// Whether the bytes are half a character in WTF-8; UTF-8 never has these bytes in a row.
fn is_surrogate(bytes: &[u8]) -> bool {
    bytes[0] == 0xED && bytes[1] >= 0xA0
}

/// Replaces numbers that JSON does not allow (`NaN`, `Infinity`) by null.
pub(super) fn without_odd_numbers(json: &str) -> Cow<'_, str> {
    const ODD: [&str; 3] = ["-Infinity", "Infinity", "NaN"];
    if !ODD.iter().any(|odd| json.contains(odd)) {
        return Cow::Borrowed(json);
    }
    let mut mended = String::with_capacity(json.len());
    let mut rest = json;
    let (mut in_string, mut escaped) = (false, false);
    while let Some(letter) = rest.chars().next() {
        if !in_string && let Some(odd) = ODD.iter().find(|odd| rest.starts_with(**odd)) {
            mended.push_str("null");
            rest = &rest[odd.len()..];
            continue;
        }
        if letter == '"' && !escaped {
            in_string = !in_string;
        }
        escaped = in_string && letter == '\\' && !escaped;
        mended.push(letter);
        rest = &rest[letter.len_utf8()..];
    }
    Cow::Owned(mended)
}
