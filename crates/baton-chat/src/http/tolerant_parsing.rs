//! Tolerant parsing of JSON: an unreadable part is left out, and the rest is kept.
//!
//! A null field, and an id of 0, count as missing. A field of the wrong type is left out. If the value needs
//! the field, the smallest enclosing list element or optional object is left out. Without such a part around
//! the field, the whole value is unreadable. The log names each left-out part by its path, without the text
//! of people.

use std::fmt;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_path_to_error::Segment;

use super::unreadable_object::UnreadableObject;

/// The most parts to leave out of one value. Each part costs another parse, so a value with more counts as
/// unreadable.
const LEFT_OUT: usize = 100;

/// The maximum size of the stored raw form of an unreadable value, in bytes.
pub const RAW: usize = 4 * 1024;

/// The maximum size of a logged error, in bytes. The error contains no text of people.
const LOGGED: usize = 300;

/// A parsed value, with the paths of the parts that were left out.
#[derive(Debug)]
pub struct PartialValue<T> {
    /// The value without these parts.
    pub read: T,
    /// Paths such as `embeds[0].fields[2].value`.
    pub left_out: Vec<String>,
}

/// An unreadable value: the path of the first mistake, and the expected type.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{path} {reason}")]
pub struct UnreadableValue {
    path: String,
    reason: String,
}

/// Parses a value. `what` names its kind in the log.
pub fn parse_value<T: DeserializeOwned>(what: &str, value: Value) -> Result<T, UnreadableValue> {
    let id = id_of(&value);
    let PartialValue { read, left_out } = parse_partly(value)?;
    log_left_out(what, id.as_deref(), &left_out);
    Ok(read)
}

/// Parses an object such as a message. `what` names its kind in the log. `essential` holds paths such as
/// `author.bot`: an object with an unreadable value at one of these paths is unreadable as a whole.
pub fn parse_object<T: DeserializeOwned>(
    what: &str,
    object: Value,
    essential: &[&str],
) -> Result<T, UnreadableObject> {
    // Most objects are valid, so the fast path comes first.
    if let Ok(read) = T::deserialize(&object) {
        return Ok(read);
    }
    let reason = match parse_partly(object.clone()) {
        Ok(PartialValue { read, left_out }) => {
            let mut lost = left_out.iter();
            let Some(lost) = lost.find(|path| essential.contains(&path.as_str())) else {
                log_left_out(what, id_of(&object).as_deref(), &left_out);
                return Ok(read);
            };
            format!("{lost} cannot be read")
        }
        Err(error) => error.to_string(),
    };
    Err(UnreadableObject {
        raw: object.to_string(),
        fields: object,
        reason,
    })
}

fn log_left_out(what: &str, id: Option<&str>, left_out: &[String]) {
    if !left_out.is_empty() {
        tracing::warn!(
            what,
            id,
            parts = left_out.join(", "),
            "unreadable parts of the platform's data are left out"
        );
    }
}

/// Parses a value; the caller logs the parts that were left out.
pub fn parse_partly<T: DeserializeOwned>(
    mut value: Value,
) -> Result<PartialValue<T>, UnreadableValue> {
    if let Ok(read) = T::deserialize(&value) {
        let left_out = Vec::new();
        return Ok(PartialValue { read, left_out });
    }
    remove_empty_fields(&mut value);
    let mut first: Option<UnreadableValue> = None;
    let mut left_out = Vec::new();
    loop {
        let error = match serde_path_to_error::deserialize::<_, T>(&value) {
            Ok(read) => return Ok(PartialValue { read, left_out }),
            Err(error) => error,
        };
        let path = known_part(error.path());
        let shown = ValuePath(&path).to_string();
        let unreadable = UnreadableValue {
            reason: describe_mismatch(&error.inner().to_string(), value_at(&value, &path)),
            path: shown.clone(),
        };
        let first = first.get_or_insert(unreadable);
        if left_out.len() == LEFT_OUT || !remove_at(&mut value, &path) {
            return Err(first.clone());
        }
        left_out.push(shown);
    }
}

/// Parses a list, leaves out its unreadable elements, and logs them. For a field: `#[serde(default,
/// deserialize_with = "tolerant_parsing::parse_each")]`.
pub fn parse_each<'de, D, T>(deserializer: D) -> Result<Vec<T>, D::Error>
where
    D: Deserializer<'de>,
    T: DeserializeOwned,
{
    let all = Vec::<Value>::deserialize(deserializer)?;
    let what = std::any::type_name::<T>();
    let what = what.rsplit("::").next().unwrap_or(what);
    let readable = all.into_iter().filter_map(|element| {
        // Most elements are valid, so the fast path comes first.
        if let Ok(read) = T::deserialize(&element) {
            return Some(read);
        }
        let (id, raw) = (id_of(&element), cut_bytes(&element.to_string(), LOGGED));
        parse_value(what, element)
            .inspect_err(|error| {
                tracing::warn!(what, id, %error, raw, "an element of a list is unreadable, and is left out");
            })
            .ok()
    });
    Ok(readable.collect())
}

/// The id of a value, if it has one, for the log.
pub fn id_of(value: &Value) -> Option<String> {
    let id = value.get("id")?;
    let text = id.as_str().map_or_else(|| id.to_string(), str::to_owned);
    Some(cut_bytes(&text, 20))
}

/// The beginning of a text, of at most this many bytes.
pub fn cut_bytes(text: &str, bytes: usize) -> String {
    text[..text.floor_char_boundary(bytes)].to_owned()
}

/// Removes null fields and ids of 0. Ids that Baton itself gave to a button or field can be 0, and are kept.
fn remove_empty_fields(value: &mut Value) {
    match value {
        Value::Object(fields) => {
            fields.retain(|name, value| {
                let is_id = name.ends_with("_id") && name != "custom_id";
                !(value.is_null() || is_id && (*value == "0" || *value == 0))
            });
            fields.values_mut().for_each(remove_empty_fields);
        }
        Value::Array(elements) => elements.iter_mut().for_each(remove_empty_fields),
        _ => {}
    }
}

/// One step of a path.
#[derive(Clone, Debug)]
enum PathStep {
    Field(String),
    Element(usize),
}

struct ValuePath<'a>(&'a [PathStep]);

impl fmt::Display for ValuePath<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0.is_empty() {
            return f.write_str("the value");
        }
        for (number, step) in self.0.iter().enumerate() {
            match step {
                PathStep::Element(index) => write!(f, "[{index}]")?,
                PathStep::Field(name) if number == 0 => f.write_str(name)?,
                PathStep::Field(name) => write!(f, ".{name}")?,
            }
        }
        Ok(())
    }
}

/// The longest prefix of a path that exists in the value.
fn known_part(path: &serde_path_to_error::Path) -> Vec<PathStep> {
    let steps = path.iter().map_while(|segment| match segment {
        Segment::Seq { index } => Some(PathStep::Element(*index)),
        Segment::Map { key } => Some(PathStep::Field(key.clone())),
        Segment::Enum { .. } | Segment::Unknown => None,
    });
    steps.collect()
}

fn value_at<'a>(value: &'a Value, path: &[PathStep]) -> Option<&'a Value> {
    let mut steps = path.iter();
    steps.try_fold(value, |value, step| match step {
        PathStep::Field(name) => value.get(name),
        PathStep::Element(index) => value.get(index),
    })
}

/// Removes the value at a path; returns whether there was one.
fn remove_at(value: &mut Value, path: &[PathStep]) -> bool {
    let Some((last, before)) = path.split_last() else {
        return false;
    };
    let parent = before.iter().try_fold(value, |value, step| match step {
        PathStep::Field(name) => value.get_mut(name),
        PathStep::Element(index) => value.get_mut(index),
    });
    match (parent, last) {
        (Some(Value::Object(fields)), PathStep::Field(name)) => fields.remove(name).is_some(),
        (Some(Value::Array(elements)), PathStep::Element(index)) if *index < elements.len() => {
            elements.remove(*index);
            true
        }
        _ => false,
    }
}

/// The parse error without the found value, because people may have written this value.
fn describe_mismatch(error: &str, found: Option<&Value>) -> String {
    let Some((_, expected)) = error.rsplit_once(", expected ") else {
        return format!("cannot be read: {error}");
    };
    let found = match found {
        None => "nothing",
        Some(Value::Null) => "null",
        Some(Value::Bool(_)) => "a boolean",
        Some(Value::Number(_)) => "a number",
        Some(Value::String(_)) => "a text",
        Some(Value::Array(_)) => "a list",
        Some(Value::Object(_)) => "an object",
    };
    format!("is {found}, and should be {expected}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[derive(Debug, Default, PartialEq, Deserialize)]
    struct Outer {
        name: String,
        #[serde(default)]
        count: u64,
        other_id: Option<String>,
        inner: Option<Inner>,
        #[serde(default)]
        few: Vec<Inner>,
        #[serde(default, deserialize_with = "parse_each")]
        many: Vec<Inner>,
    }

    #[derive(Debug, PartialEq, Deserialize)]
    struct Inner {
        id: String,
    }

    fn inner(id: &str) -> Inner {
        Inner { id: id.to_owned() }
    }

    #[test]
    fn what_says_nothing_is_as_if_it_were_missing() {
        let value =
            json!({ "name": "x", "count": null, "other_id": "0", "inner": null, "few": null });
        let PartialValue { read, left_out } = parse_partly::<Outer>(value).unwrap();
        assert_eq!((read.count, read.other_id, read.inner), (0, None, None));
        assert_eq!(left_out, [""; 0]);
    }

    #[test]
    fn a_piece_that_cannot_be_read_costs_only_itself() {
        let value = json!({
            "name": "x", "count": "many", "inner": { "id": 1 },
            "few": [{ "id": "a" }, 7, { "id": [] }, { "id": "b" }],
            "many": [{ "id": "c" }, {}, "d", { "id": "e" }],
        });
        let PartialValue { read, left_out } = parse_partly::<Outer>(value).unwrap();
        assert_eq!((read.count, read.inner), (0, None));
        assert_eq!(read.few, [inner("a"), inner("b")]);
        assert_eq!(read.many, [inner("c"), inner("e")]);
        assert_eq!(left_out[0], "count");
        assert!(left_out.contains(&"few[1]".to_owned()), "{left_out:?}");
    }

    #[test]
    fn what_cannot_be_without_it_is_unreadable_and_says_why_without_what_is_there() {
        let unreadable = parse_partly::<Outer>(json!({ "name": ["secret words"] })).unwrap_err();
        assert_eq!(
            unreadable.to_string(),
            "name is a list, and should be a string"
        );
        let unreadable = parse_partly::<Outer>(json!({})).unwrap_err();
        assert_eq!(
            unreadable.to_string(),
            "the value cannot be read: missing field `name`"
        );
        let unreadable = parse_partly::<Outer>(json!("secret words")).unwrap_err();
        assert_eq!(
            unreadable.to_string(),
            "the value is a text, and should be struct Outer"
        );
    }

    #[test]
    fn an_object_without_an_essential_field_is_unreadable_and_its_other_fields_are_not() {
        let object = json!({ "name": "x", "count": "many", "few": 7 });
        let read = parse_object::<Outer>("it", object.clone(), &["name"]).unwrap();
        assert_eq!((read.name.as_str(), read.count), ("x", 0));
        let unreadable = parse_object::<Outer>("it", object.clone(), &["count"]).unwrap_err();
        assert_eq!(unreadable.reason, "count cannot be read");
        assert_eq!(unreadable.raw_beginning(), object.to_string());
        let name: Option<String> = unreadable.read_field("name");
        assert_eq!(name.as_deref(), Some("x"));
        assert_eq!(unreadable.read_field::<u64>("count"), None);
    }

    #[test]
    fn many_wrong_pieces_end_it() {
        let few: Vec<_> = (0..1_000).collect();
        let value = json!({ "name": "x", "few": few });
        assert!(parse_partly::<Outer>(value).is_err());
    }
}
