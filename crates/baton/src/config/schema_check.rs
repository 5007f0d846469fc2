//! Checks the keys, types and ranges of a document against the schema. The schema comes from the types of the
//! tables, so each rule exists once. The error messages come from this module.

use std::ops::Range;

use baton_config::table_schema::HINT;
use serde_json::{Map, Value};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::config_document::ConfigDocument;
use super::config_problem::{ConfigProblem, did_you_mean, render_choices};

/// Returns all violations of the schema.
pub(crate) fn check_schema(document: &ConfigDocument, schema: &Value) -> Vec<ConfigProblem> {
    let mut check = SchemaCheck {
        document,
        problems: Vec::new(),
        keys: Vec::new(),
    };
    check.check_table(document.root_table().get_ref(), schema, None);
    check.problems
}

struct SchemaCheck<'d> {
    document: &'d ConfigDocument,
    problems: Vec<ConfigProblem>,
    /// The path from the root to the current value.
    keys: Vec<String>,
}

impl SchemaCheck<'_> {
    fn report_problem(&mut self, span: Option<Range<usize>>, what: impl std::fmt::Display) {
        let prefix = if self.keys.is_empty() {
            String::new()
        } else {
            format!("{}: ", self.keys.join("."))
        };
        self.problems.push(ConfigProblem {
            at: self.document.offset_position(span.map(|span| span.start)),
            what: format!("{prefix}{what}"),
        });
    }

    /// Checks a table: one of several kinds, one with declared keys, or one with any keys of one type.
    fn check_table(&mut self, table: &DeTable<'_>, schema: &Value, span: Option<Range<usize>>) {
        if let Some(kinds) = schema.get("oneOf").and_then(Value::as_array) {
            if let Some(kind) = self.select_kind(table, kinds, span.clone()) {
                self.check_table(table, kind, span);
            }
            return;
        }
        let none = Map::new();
        let known = schema.get("properties").and_then(Value::as_object);
        let known = known.unwrap_or(&none);
        let others = schema
            .get("additionalProperties")
            .filter(|it| it.is_object());
        for (key, value) in table {
            let name = key.get_ref();
            if let Some(schema) = known.get(name.as_ref()).or(others) {
                self.keys.push(name.to_string());
                self.check_value(value, schema, key.span());
                self.keys.pop();
            } else {
                let words = known.keys().map(String::as_str);
                let nearest = did_you_mean(name, words.clone());
                let what = format!(
                    "unknown key `{name}`{nearest} (known: {})",
                    render_choices(words)
                );
                self.report_problem(Some(key.span()), what);
            }
        }
        let required = schema.get("required").and_then(Value::as_array);
        for key in required.into_iter().flatten().filter_map(Value::as_str) {
            if !table.contains_key(key) {
                self.report_problem(span.clone(), format_args!("the key `{key}` is missing"));
            }
        }
    }

    /// The schema of the table's kind. The first constant key distinguishes the kinds. Without a constant
    /// key, the first required key does.
    fn select_kind<'s>(
        &mut self,
        table: &DeTable<'_>,
        kinds: &'s [Value],
        span: Option<Range<usize>>,
    ) -> Option<&'s Value> {
        let tagged = |schema: &'s Value| {
            let keys = schema.get("properties")?.as_object()?;
            keys.iter()
                .find_map(|(key, schema)| Some((key.as_str(), schema.get("const")?.as_str()?)))
        };
        let tags: Vec<_> = kinds.iter().filter_map(tagged).collect();
        let Some((tag, _)) = tags.first() else {
            let required = |kind: &'s Value| kind.get("required")?.get(0)?.as_str();
            let words: Vec<_> = kinds.iter().filter_map(required).collect();
            let found = kinds.iter().find(|kind| {
                required(kind).is_some_and(|key| table.len() == 1 && table.contains_key(key))
            });
            if found.is_none() {
                self.report_problem(span, format_args!("give one of {}", render_choices(words)));
            }
            return found;
        };
        let words = tags.iter().map(|(_, word)| *word);
        let Some((key, value)) = table.get_key_value(*tag) else {
            let what = format!(
                "the key `{tag}` is missing; it is one of {}",
                render_choices(words)
            );
            self.report_problem(span, what);
            return None;
        };
        let DeValue::String(word) = value.get_ref() else {
            let what = format!("`{tag}` must be one of {}", render_choices(words));
            self.report_problem(Some(key.span()), what);
            return None;
        };
        let found = tags.iter().position(|(_, known)| known == word);
        if found.is_none() {
            let nearest = did_you_mean(word, words.clone());
            let what = format!(
                "unknown {tag} `{word}`{nearest} (known: {})",
                render_choices(words)
            );
            self.report_problem(Some(value.span()), what);
        }
        kinds.get(found?)
    }

    fn check_value(&mut self, value: &Spanned<DeValue<'_>>, schema: &Value, key: Range<usize>) {
        let schema = present_schema(schema);
        if let DeValue::Table(table) = value.get_ref()
            && (takes_type(schema, "object") || schema.get("oneOf").is_some())
        {
            return self.check_table(table, schema, Some(key));
        }
        let span = Some(value.span());
        if let Some(hint) = schema.get(HINT).and_then(Value::as_str) {
            return self.report_problem(span, hint);
        }
        let fits = match value.get_ref() {
            DeValue::String(_) => takes_type(schema, "string"),
            DeValue::Integer(_) => takes_type(schema, "integer") || takes_type(schema, "number"),
            DeValue::Float(_) => takes_type(schema, "number"),
            DeValue::Boolean(_) => takes_type(schema, "boolean"),
            DeValue::Array(_) => takes_type(schema, "array"),
            DeValue::Table(_) | DeValue::Datetime(_) => false,
        };
        if !fits {
            return self
                .report_problem(span, format_args!("this must be {}", render_types(schema)));
        }
        match value.get_ref() {
            DeValue::String(word) => self.check_word(word, schema, span),
            DeValue::Integer(number) => {
                let digits = i64::from_str_radix(number.as_str(), number.radix());
                #[expect(clippy::cast_precision_loss, reason = "ranges end far below 2^52")]
                self.check_number(digits.ok().map(|number| number as f64), schema, span);
            }
            DeValue::Float(number) => {
                let number = number.as_str().replace('_', "").parse().ok();
                self.check_number(
                    number.filter(|number: &f64| number.is_finite()),
                    schema,
                    span,
                );
            }
            DeValue::Array(items) => {
                let shortest = schema.get("minItems").and_then(Value::as_u64).unwrap_or(0);
                if (items.len() as u64) < shortest {
                    self.report_problem(span, "this must not be empty");
                }
                for item in items {
                    let schema = schema.get("items").unwrap_or(&Value::Null);
                    self.check_value(item, schema, item.span());
                }
            }
            _ => {}
        }
    }

    fn check_word(&mut self, word: &str, schema: &Value, span: Option<Range<usize>>) {
        if let Some(words) = schema.get("enum").and_then(Value::as_array) {
            let words = words.iter().filter_map(Value::as_str);
            if !words.clone().any(|known| known == word) {
                let nearest = did_you_mean(word, words.clone());
                self.report_problem(
                    span,
                    format_args!("this must be one of {}{nearest}", render_choices(words)),
                );
            }
        }
    }

    fn check_number(&mut self, number: Option<f64>, schema: &Value, span: Option<Range<usize>>) {
        let limit = |key| schema.get(key).and_then(Value::as_f64);
        let (least, most) = (limit("minimum"), limit("maximum"));
        let fits = number.is_some_and(|number| {
            least.is_none_or(|least| number >= least) && most.is_none_or(|most| number <= most)
        });
        if fits {
            return;
        }
        match (least, most) {
            (Some(least), Some(most)) => {
                self.report_problem(span, format_args!("this must be from {least} to {most}"));
            }
            (Some(least), None) => {
                self.report_problem(span, format_args!("this must be {least} or more"));
            }
            _ => self.report_problem(span, "this number is out of range"),
        }
    }
}

/// The schema of a present value. The schema of an optional key also allows JSON's null, which TOML does not
/// have.
fn present_schema(schema: &Value) -> &Value {
    let choices = schema.get("anyOf").and_then(Value::as_array);
    let not_null = |choice: &&Value| !takes_type(choice, "null");
    choices
        .and_then(|all| all.iter().find(not_null))
        .unwrap_or(schema)
}

fn list_types(schema: &Value) -> Vec<&str> {
    match schema.get("type") {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

fn takes_type(schema: &Value, kind: &str) -> bool {
    list_types(schema).contains(&kind)
}

fn render_types(schema: &Value) -> String {
    let words = list_types(schema)
        .into_iter()
        .filter_map(|kind| match kind {
            "string" => Some("a text in quotes"),
            "integer" => Some("a whole number"),
            "number" => Some("a number"),
            "boolean" => Some("true or false"),
            "array" => Some("a list in brackets"),
            "object" => Some("a table"),
            _ => None,
        });
    words.collect::<Vec<_>>().join(" or ")
}
