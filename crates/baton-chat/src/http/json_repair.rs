//! JSON with values that `serde_json` refuses.
//!
//! `serde_json` refuses a text with half of a surrogate pair, a number greater than every float, and deeply
//! nested values. One such value in a topic or a nickname must not cost the whole event or answer.

use std::fmt;

use serde::Deserialize;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;
use serde_json::{Map, Value, json};

/// The depth to which an unreadable value is searched for readable parts.
const DEEPEST: usize = 100;

/// Parses JSON. [`unreadable_value`] replaces each value that cannot be parsed alone.
pub fn parse_json(json: &[u8]) -> Result<Value, serde_json::Error> {
    // Nearly all JSON is valid, so the fast path comes first.
    if let Ok(value) = serde_json::from_slice(json) {
        return Ok(value);
    }
    let text = String::from_utf8_lossy(json);
    let raw: &RawValue = serde_json::from_str(&text)?;
    Ok(parse_parts(raw, 0))
}

/// Splits a JSON list into elements. An unreadable element does not affect other elements.
pub fn split_elements(json: &[u8]) -> Result<Vec<Value>, serde_json::Error> {
    let text = String::from_utf8_lossy(json);
    let elements: Vec<&RawValue> = serde_json::from_str(&text)?;
    Ok(elements
        .into_iter()
        .map(|raw| parse_parts(raw, 0))
        .collect())
}

fn parse_parts(raw: &RawValue, depth: usize) -> Value {
    let json = raw.get();
    if let Ok(value) = serde_json::from_str(json) {
        return value;
    }
    if depth < DEEPEST {
        if let Ok(RawFields(fields)) = serde_json::from_str(json) {
            let fields = fields.into_iter();
            let fields = fields.map(|(name, raw)| (field_name(name), parse_parts(raw, depth + 1)));
            return Value::Object(fields.collect::<Map<_, _>>());
        }
        if let Ok(elements) = serde_json::from_str::<Vec<&RawValue>>(json) {
            let elements = elements.into_iter();
            return elements.map(|raw| parse_parts(raw, depth + 1)).collect();
        }
    }
    unreadable_value(json)
}

/// The replacement for an unreadable value. No typed field accepts a list within a list, so
/// [`super::tolerant_parsing`] leaves the field out.
fn unreadable_value(json: &str) -> Value {
    json!([[json]])
}

fn field_name(raw: &RawValue) -> String {
    let name = serde_json::from_str(raw.get());
    name.unwrap_or_else(|_| raw.get().to_owned())
}

/// The fields of an object, with names and values unparsed.
struct RawFields<'a>(Vec<(&'a RawValue, &'a RawValue)>);

impl<'de> Deserialize<'de> for RawFields<'de> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(RawFieldsVisitor)
    }
}

struct RawFieldsVisitor;

impl<'de> Visitor<'de> for RawFieldsVisitor {
    type Value = RawFields<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut fields = Vec::new();
        while let Some(field) = map.next_entry()? {
            fields.push(field);
        }
        Ok(RawFields(fields))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(json: &str) -> Value {
        parse_json(json.as_bytes()).unwrap()
    }

    #[test]
    fn only_the_unreadable_value_is_lost() {
        let json = r#"{"a":"\ud83d","b":[1,1e999,{"c":"\udc00 x","d":"e"}],"f":"\ud83e\udd89"}"#;
        let expected = json!({
            "a": [["\"\\ud83d\""]],
            "b": [1, [["1e999"]], {"c": [["\"\\udc00 x\""]], "d": "e"}],
            "f": "🦉",
        });
        assert_eq!(parsed(json), expected);
    }

    #[test]
    fn a_value_is_lost_only_where_it_is_nested_very_deeply() {
        let nested = |depth: usize| {
            let (open, close) = ("[".repeat(depth), "]".repeat(depth));
            parsed(&format!(r#"{{"id":"1","deep":{open}{close}}}"#))
        };
        for depth in [10, 130, 100_000] {
            assert_eq!(nested(depth)["id"], "1", "{depth}");
        }
        assert!(
            !nested(130)["deep"].to_string().contains('"'),
            "nothing is lost"
        );
        assert!(nested(100_000)["deep"].to_string().len() > 100_000);
    }

    #[test]
    fn a_name_of_a_field_or_a_byte_that_is_no_text_costs_only_itself() {
        assert_eq!(parsed(r#"{"\ud83d":1,"b":2}"#)["b"], 2);
        assert_eq!(parse_json(b"{\"a\":\"\xff\",\"b\":2}").unwrap()["b"], 2);
    }

    #[test]
    fn what_is_no_json_is_an_error() {
        for text in ["", "{", "{\"a\":}", "<html>"] {
            assert!(parse_json(text.as_bytes()).is_err(), "{text}");
        }
        assert!(split_elements(b"{}").is_err());
        assert_eq!(split_elements(br#"["\ud83d",1]"#).unwrap().len(), 2);
    }
}
