//! JSON as model servers write it, read piece by piece: what cannot be read costs only itself.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Visitor};
use serde_json::value::RawValue;

/// The fields of an object. Of one that comes twice, the last counts.
pub(super) struct Fields<'a>(BTreeMap<Letters, &'a RawValue>);

impl<'a> Fields<'a> {
    /// `None` where this is no object.
    pub(super) fn of(json: &'a RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok().map(Self)
    }

    /// The value of a field; `None` where it is missing or null.
    pub(super) fn get(&self, name: &str) -> Option<&'a RawValue> {
        let value = self.0.get(name.as_bytes())?;
        (value.get() != "null").then_some(*value)
    }

    /// The first of these fields that is there.
    pub(super) fn first_of(&self, names: &[&str]) -> Option<&'a RawValue> {
        names.iter().find_map(|name| self.get(name))
    }

    /// The object in a field.
    pub(super) fn fields(&self, name: &str) -> Option<Self> {
        Self::of(self.get(name)?)
    }

    /// The string in a field.
    pub(super) fn text(&self, name: &str) -> Option<Letters> {
        Letters::of(self.get(name)?)
    }
}

/// The elements of a list; `None` where this is none.
pub(super) fn elements(json: &RawValue) -> Option<Vec<&RawValue>> {
    serde_json::from_str(json.get()).ok()
}

/// A whole number that is not negative, also where it is written as a fraction or as a string.
pub(super) fn count(json: &RawValue) -> Option<u64> {
    let digits = json.get().trim_matches('"').trim();
    let whole = digits.split_once('.').map_or(digits, |(whole, fraction)| {
        let plain = fraction.bytes().all(|digit| digit.is_ascii_digit());
        if plain { whole } else { "" }
    });
    whole.parse().ok()
}

/// A string. JSON can hold half a character (a surrogate without the other), which is kept as it is (in WTF-8),
/// because the other half may come in the next piece: [`Halves`] puts them together.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Letters(Vec<u8>);

impl Letters {
    /// `None` where this is no string.
    pub(super) fn of(json: &RawValue) -> Option<Self> {
        serde_json::from_str(json.get()).ok()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub(super) fn push(&mut self, more: &Self) {
        self.0.extend_from_slice(&more.0);
    }

    /// All of it, where no more comes.
    pub(super) fn whole(&self) -> String {
        let mut halves = Halves::default();
        halves.push(self) + &halves.finish()
    }
}

impl std::borrow::Borrow<[u8]> for Letters {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Letters {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Bytes;
        impl Visitor<'_> for Bytes {
            type Value = Letters;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a string")
            }

            fn visit_bytes<E>(self, bytes: &[u8]) -> Result<Letters, E> {
                Ok(Letters(bytes.to_vec()))
            }
        }
        // Only where it is asked for bytes does the parser take half a character.
        deserializer.deserialize_bytes(Bytes)
    }
}

/// Makes text of strings that were cut anywhere, also in the middle of a character. A half that stays alone
/// becomes `�`.
#[derive(Debug, Default)]
pub(super) struct Halves {
    /// The first half of a character whose second has not come.
    first: Option<u16>,
}

impl Halves {
    /// What can be read so far.
    pub(super) fn push(&mut self, letters: &Letters) -> String {
        if self.first.is_none()
            && let Ok(text) = std::str::from_utf8(&letters.0)
        {
            return text.to_owned();
        }
        if letters.0.is_empty() {
            return String::new();
        }
        let mut units: Vec<u16> = self.first.take().into_iter().collect();
        let mut rest = letters.0.as_slice();
        while let Some(at) = rest.windows(3).position(is_half) {
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

    /// What is left when no more comes.
    pub(super) fn finish(&mut self) -> String {
        let left = self.first.take();
        left.map(|_| char::REPLACEMENT_CHARACTER)
            .into_iter()
            .collect()
    }
}

/// Half a character in WTF-8: in UTF-8 no such byte follows this one.
fn is_half(bytes: &[u8]) -> bool {
    bytes[0] == 0xED && bytes[1] >= 0xA0
}

/// The same, with null for the numbers that JSON has no words for.
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
