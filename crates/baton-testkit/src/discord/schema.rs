//! Checks a JSON value against a schema of Discord's description, which uses a small part of JSON Schema
//! 2020-12. An unknown keyword panics, so that no check is left out.
//!
//! One check is stricter than the standard: the caller may refuse properties that the schema does not list.
//! Discord ignores such properties silently, so the bot would never notice its mistake.

use std::collections::BTreeMap;
use std::sync::Mutex;

use regex::Regex;
use serde_json::{Map, Value};

/// The treatment of properties that the schema does not list.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Unknown {
    Refused,
    Passed,
}

/// The named schemas of the description.
#[derive(Debug, Default)]
pub(super) struct Schemas(pub(super) BTreeMap<String, Value>);

impl Schemas {
    /// The faults of a value, empty for a valid one. Each fault begins with its position.
    pub(super) fn faults(&self, schema: &Value, value: &Value, unknown: Unknown) -> Vec<String> {
        let mut faults = Vec::new();
        let check = Check {
            schemas: self,
            unknown,
        };
        check.check(schema, value, "", &mut faults);
        faults
    }
}

struct Check<'a> {
    schemas: &'a Schemas,
    unknown: Unknown,
}

impl Check<'_> {
    fn check(&self, schema: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
        let Some(schema) = schema.as_object() else {
            panic!("a schema is an object: {schema}");
        };
        for (keyword, rule) in schema {
            match keyword.as_str() {
                "$ref" => self.check(self.named(rule), value, at, faults),
                "type" => {
                    if !is_of_type(rule, value) {
                        faults.push(format!("{at}: {value} is not of type {rule}"));
                    }
                }
                "enum" => {
                    if !rule.as_array().is_some_and(|all| all.contains(value)) {
                        faults.push(format!("{at}: {value} is none of {rule}"));
                    }
                }
                "const" => {
                    if rule != value {
                        faults.push(format!("{at}: {value} is not {rule}"));
                    }
                }
                "allOf" => {
                    for part in options(rule) {
                        self.check(part, value, at, faults);
                    }
                }
                "oneOf" | "anyOf" => self.check_choice(keyword, rule, value, at, faults),
                "properties"
                | "required"
                | "minProperties"
                | "maxProperties"
                | "additionalProperties" => {
                    if let Some(object) = value.as_object() {
                        self.check_object(keyword, schema, object, at, faults);
                    }
                }
                "items" | "minItems" | "maxItems" | "uniqueItems" => {
                    if let Some(items) = value.as_array() {
                        self.check_items(keyword, rule, items, at, faults);
                    }
                }
                "minLength" | "maxLength" | "pattern" => {
                    if let Some(text) = value.as_str() {
                        check_text(keyword, rule, text, at, faults);
                    }
                }
                "minimum" | "maximum" => {
                    let (Some(number), Some(bound)) = (value.as_f64(), rule.as_f64()) else {
                        continue;
                    };
                    let outside = match keyword.as_str() {
                        "minimum" => number < bound,
                        _ => number > bound,
                    };
                    if outside {
                        faults.push(format!("{at}: {number} is beyond the {keyword} {bound}"));
                    }
                }
                "format" => check_format(rule, value, at, faults),
                "contentEncoding" => {}
                unknown => panic!("the description uses {unknown}, which is not checked yet"),
            }
        }
    }

    fn named(&self, reference: &Value) -> &Value {
        let name = reference
            .as_str()
            .and_then(|text| text.strip_prefix("#/components/schemas/"))
            .expect("a reference names a schema");
        self.schemas
            .0
            .get(name)
            .unwrap_or_else(|| panic!("the cut lacks the schema {name}"))
    }

    /// `oneOf` wants exactly one match, `anyOf` at least one.
    fn check_choice(
        &self,
        keyword: &str,
        rule: &Value,
        value: &Value,
        at: &str,
        faults: &mut Vec<String>,
    ) {
        let mut fits = 0;
        let mut nearest: Option<Vec<String>> = None;
        for option in options(rule) {
            let mut wrong = Vec::new();
            self.check(option, value, at, &mut wrong);
            if wrong.is_empty() {
                fits += 1;
            } else if nearest.as_ref().is_none_or(|so_far| nearer(&wrong, so_far)) {
                nearest = Some(wrong);
            }
        }
        match fits {
            0 => faults.extend(nearest.unwrap_or_else(|| vec![format!("{at}: nothing fits")])),
            1 => {}
            _ if keyword == "anyOf" => {}
            many => faults.push(format!("{at}: {many} forms fit, where one must")),
        }
    }

    fn check_object(
        &self,
        keyword: &str,
        schema: &Map<String, Value>,
        object: &Map<String, Value>,
        at: &str,
        faults: &mut Vec<String>,
    ) {
        let rule = &schema[keyword];
        match keyword {
            "required" => {
                for name in options(rule).iter().filter_map(Value::as_str) {
                    if !object.contains_key(name) {
                        faults.push(format!("{at}: {name} is missing"));
                    }
                }
            }
            "minProperties" => bound(object.len(), rule, true, at, "properties", faults),
            "maxProperties" => bound(object.len(), rule, false, at, "properties", faults),
            "properties" => {
                for (name, value) in object {
                    match rule.get(name) {
                        Some(schema) => self.check(schema, value, &format!("{at}/{name}"), faults),
                        None if self.unknown == Unknown::Passed => {}
                        None if schema.contains_key("additionalProperties") => {}
                        None => faults.push(format!("{at}: {name} is not a known property")),
                    }
                }
            }
            _ => {
                let known = schema.get("properties");
                let more = object
                    .iter()
                    .filter(|(name, _)| known.is_none_or(|known| known.get(name).is_none()));
                for (name, value) in more {
                    match rule {
                        Value::Bool(true) => {}
                        Value::Bool(false) => {
                            faults.push(format!("{at}: {name} is not a known property"));
                        }
                        rule => self.check(rule, value, &format!("{at}/{name}"), faults),
                    }
                }
            }
        }
    }

    fn check_items(
        &self,
        keyword: &str,
        rule: &Value,
        items: &[Value],
        at: &str,
        faults: &mut Vec<String>,
    ) {
        match keyword {
            "minItems" => bound(items.len(), rule, true, at, "items", faults),
            "maxItems" => bound(items.len(), rule, false, at, "items", faults),
            "uniqueItems" => {
                let double = |&(n, item): &(usize, &Value)| items[..n].contains(item);
                if let Some((_, item)) = items.iter().enumerate().find(double) {
                    faults.push(format!("{at}: {item} is there twice"));
                }
            }
            _ => {
                for (n, item) in items.iter().enumerate() {
                    self.check(rule, item, &format!("{at}/{n}"), faults);
                }
            }
        }
    }
}

/// Whether `new` are better faults to show than `best`, when a value matches none of several forms. The
/// nearest form wins. A wrong `type` means that another form was intended.
fn nearer(new: &[String], best: &[String]) -> bool {
    let meant = |faults: &[String]| faults.iter().all(|fault| !fault.contains("is none of"));
    (meant(new), best.len()) > (meant(best), new.len())
}

fn options(rule: &Value) -> &[Value] {
    rule.as_array().map_or(&[], Vec::as_slice)
}

fn is_of_type(rule: &Value, value: &Value) -> bool {
    let is = |name: &Value| match name.as_str() {
        Some("null") => value.is_null(),
        Some("boolean") => value.is_boolean(),
        Some("string") => value.is_string(),
        Some("array") => value.is_array(),
        Some("object") => value.is_object(),
        Some("number") => value.is_number(),
        Some("integer") => value.is_i64() || value.is_u64(),
        _ => panic!("the description uses the type {name}, which is not checked yet"),
    };
    match rule {
        Value::Array(names) => names.iter().any(is),
        name => is(name),
    }
}

fn check_text(keyword: &str, rule: &Value, text: &str, at: &str, faults: &mut Vec<String>) {
    match keyword {
        "minLength" => bound(text.chars().count(), rule, true, at, "characters", faults),
        "maxLength" => bound(text.chars().count(), rule, false, at, "characters", faults),
        _ => {
            let pattern = pattern(rule.as_str().expect("a pattern is a text"));
            if !pattern.is_match(text) {
                faults.push(format!("{at}: {text:?} does not match {pattern}"));
            }
        }
    }
}

/// A cache, because the same few patterns occur again and again.
fn pattern(text: &str) -> Regex {
    static KNOWN: Mutex<BTreeMap<String, Regex>> = Mutex::new(BTreeMap::new());
    let mut known = KNOWN.lock().expect("nothing panics while it is held");
    if let Some(pattern) = known.get(text) {
        return pattern.clone();
    }
    let pattern = Regex::new(text).expect("the description's patterns can be read");
    known.insert(text.to_owned(), pattern.clone());
    pattern
}

fn check_format(rule: &Value, value: &Value, at: &str, faults: &mut Vec<String>) {
    let fits = match (rule.as_str(), value) {
        (Some("int32"), Value::Number(number)) => {
            number.as_i64().is_some_and(|n| i32::try_from(n).is_ok())
        }
        (Some("snowflake"), Value::String(text)) => text.parse::<u64>().is_ok(),
        (Some("date-time"), Value::String(text)) => text.parse::<jiff::Timestamp>().is_ok(),
        // Discord also accepts `attachment://name` for the format `uri`.
        (Some("uri"), Value::String(text)) => text.contains("://"),
        _ => true,
    };
    if !fits {
        faults.push(format!("{at}: {value} is no {rule}"));
    }
}

fn bound(length: usize, rule: &Value, least: bool, at: &str, what: &str, faults: &mut Vec<String>) {
    let limit = rule
        .as_u64()
        .and_then(|limit| usize::try_from(limit).ok())
        .expect("a limit is a number");
    if least && length < limit {
        faults.push(format!("{at}: {length} {what}, at least {limit}"));
    }
    if !least && length > limit {
        faults.push(format!("{at}: {length} {what}, at most {limit}"));
    }
}

#[cfg(test)]
mod tests;
