//! Checks requests and the fake's own answers against the description of the Bot API.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Map, Value};

#[cfg(test)]
mod tests;

/// A request of the bot that Telegram would refuse, or understand differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The method.
    pub asked: String,
    /// The fault.
    pub what: String,
}

/// The description of the Bot API, `bot-api.json`.
#[derive(Deserialize)]
pub(super) struct Description {
    methods: BTreeMap<String, MethodShape>,
    types: BTreeMap<String, TypeShape>,
}

#[derive(Deserialize)]
pub(super) struct MethodShape {
    fields: Vec<FieldShape>,
    returns: Vec<String>,
}

impl MethodShape {
    pub(super) fn has_field(&self, name: &str) -> bool {
        self.fields.iter().any(|field| field.name == name)
    }
}

#[derive(Deserialize)]
struct FieldShape {
    name: String,
    types: Vec<String>,
    required: bool,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum TypeShape {
    Union { one_of: Vec<String> },
    Object { fields: Vec<FieldShape> },
}

pub(super) static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    serde_json::from_str(include_str!("bot-api.json")).expect("the description can be read")
});

/// The names of the files in a request: `attach://NAME` refers to a file.
type Uploads<'a> = &'a dyn Fn(&str) -> bool;

/// The treatment of fields that the description does not have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Unknown {
    Refused,
    Passed,
}

/// One check of a whole value.
#[derive(Clone, Copy)]
struct Check<'a> {
    unknown: Unknown,
    /// The test for an upload's name; none for an answer.
    uploads: Option<Uploads<'a>>,
}

impl Description {
    /// Finds a method. Telegram ignores the case of the name.
    pub(super) fn find(
        &'static self,
        method: &str,
    ) -> Option<(&'static str, &'static MethodShape)> {
        let mut all = self.methods.iter();
        all.find(|(name, _)| name.eq_ignore_ascii_case(method))
            .map(|(name, shape)| (name.as_str(), shape))
    }

    /// Converts the texts of a query or form into JSON values of the described types.
    pub(super) fn read_texts(
        &self,
        method: &MethodShape,
        texts: BTreeMap<String, String>,
    ) -> Map<String, Value> {
        let read = texts.into_iter().map(|(name, text)| {
            let field = method.fields.iter().find(|field| field.name == name);
            let value = field.map_or_else(
                || Value::String(text.clone()),
                |field| self.read(field, &text),
            );
            (name, value)
        });
        read.collect()
    }

    fn read(&self, field: &FieldShape, text: &str) -> Value {
        let as_text = Value::String(text.to_owned());
        let only_text = field
            .types
            .iter()
            .all(|kind| kind == "String" || kind == "InputFile");
        if only_text {
            return as_text;
        }
        let Ok(value) = serde_json::from_str::<Value>(text) else {
            return as_text;
        };
        // A user name such as `@makers` stands where a number may stand; a text of a union such as
        // `"HTML"` is no JSON.
        let fits = |kind: &String| {
            kind != "String"
                && self
                    .faults(
                        kind,
                        &value,
                        "",
                        Check {
                            unknown: Unknown::Passed,
                            uploads: None,
                        },
                    )
                    .is_empty()
        };
        let is_structure = value.is_object() || value.is_array();
        if is_structure || field.types.iter().any(fits) {
            value
        } else {
            as_text
        }
    }

    /// The faults of a request.
    pub(super) fn request_faults(
        &self,
        method: &MethodShape,
        body: &Map<String, Value>,
        uploads: Uploads<'_>,
    ) -> Vec<String> {
        let check = Check {
            unknown: Unknown::Refused,
            uploads: Some(uploads),
        };
        self.object_faults(&method.fields, body, "", check)
    }

    /// The faults of the fake's own answer.
    pub(super) fn answer_faults(&self, method: &MethodShape, answer: &Value) -> Vec<String> {
        let check = Check {
            unknown: Unknown::Refused,
            uploads: None,
        };
        self.any_faults(&method.returns, answer, "result", check)
    }

    /// The faults of an update, `kind` being its field in the type `Update`.
    pub(super) fn update_faults(&self, update: &Value) -> Vec<String> {
        let check = Check {
            unknown: Unknown::Refused,
            uploads: None,
        };
        self.faults("Update", update, "update", check)
    }

    /// Whether a type `Update` has this field.
    pub(super) fn has_update(&self, kind: &str) -> bool {
        let Some(TypeShape::Object { fields }) = self.types.get("Update") else {
            return false;
        };
        kind != "update_id" && fields.iter().any(|field| field.name == kind)
    }

    fn object_faults(
        &self,
        fields: &[FieldShape],
        given: &Map<String, Value>,
        at: &str,
        check: Check<'_>,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        let path = |name: &str| {
            if at.is_empty() {
                name.to_owned()
            } else {
                format!("{at}.{name}")
            }
        };
        for field in fields {
            match given.get(&field.name) {
                // A field with null counts as left out.
                Some(value) if !value.is_null() => {
                    faults.extend(self.any_faults(&field.types, value, &path(&field.name), check));
                }
                _ if field.required => faults.push(format!("{} is missing", path(&field.name))),
                _ => {}
            }
        }
        if check.unknown == Unknown::Refused {
            let unknown = given
                .keys()
                .filter(|name| !fields.iter().any(|field| field.name == **name));
            faults.extend(unknown.map(|name| format!("{} is not a known parameter", path(name))));
        }
        faults
    }

    /// The faults of a value that may have any of these types: none if one type fits, else the faults of
    /// the nearest type.
    fn any_faults(
        &self,
        types: &[String],
        value: &Value,
        at: &str,
        check: Check<'_>,
    ) -> Vec<String> {
        let is_reference = value
            .as_str()
            .is_some_and(|text| text.starts_with("attach://"));
        if is_reference && types.iter().any(|kind| kind == "InputFile") {
            return input_file_faults(value, at, check);
        }
        let mut nearest: Option<Vec<String>> = None;
        for kind in self.candidates(types, value) {
            let faults = self.faults(kind, value, at, check);
            if faults.is_empty() {
                return faults;
            }
            // Fewest faults are nearest: the choice matters for the message only.
            if nearest
                .as_ref()
                .is_none_or(|known| faults.len() < known.len())
            {
                nearest = Some(faults);
            }
        }
        nearest.unwrap_or_else(|| {
            vec![format!(
                "{at} is none of {}: {}",
                types.join(", "),
                short(value)
            )]
        })
    }

    /// The types of a union that can be meant. A field `type`, `status` or `source` with a fixed value tells
    /// the type.
    fn candidates<'a>(&'a self, types: &'a [String], value: &Value) -> Vec<&'a str> {
        let told = types.iter().filter(|kind| {
            let Some(TypeShape::Object { fields }) = self.types.get(*kind) else {
                return true;
            };
            fields.iter().all(|field| {
                let literal = field.types.len() == 1 && field.types[0].starts_with('"');
                !literal
                    || value[&field.name]
                        .as_str()
                        .is_none_or(|given| quoted(given) == field.types[0])
            })
        });
        told.map(String::as_str).collect()
    }

    fn faults(&self, kind: &str, value: &Value, at: &str, check: Check<'_>) -> Vec<String> {
        let wrong = |fits: bool| {
            if fits {
                Vec::new()
            } else {
                vec![format!("{at} is not {kind}: {}", short(value))]
            }
        };
        if let Some(item) = kind.strip_prefix("Array of ") {
            let Some(items) = value.as_array() else {
                return wrong(false);
            };
            let items = items.iter().enumerate();
            return items
                .flat_map(|(index, one)| self.faults(item, one, &format!("{at}[{index}]"), check))
                .collect();
        }
        match kind {
            "Integer" => return wrong(value.is_i64() || value.is_u64()),
            "Boolean" => return wrong(value.is_boolean()),
            "True" => return wrong(*value == Value::Bool(true)),
            "False" => return wrong(*value == Value::Bool(false)),
            "String" => return wrong(value.is_string()),
            "InputFile" => return input_file_faults(value, at, check),
            // A text or a list of texts is a `RichText` too, which the description leaves out.
            "RichText" if value.is_string() => return Vec::new(),
            "RichText" if value.is_array() => {
                return self.faults("Array of RichText", value, at, check);
            }
            _ => {}
        }
        if kind.starts_with("Exclude<keyof TelegramUpdate") {
            return wrong(value.as_str().is_some_and(|name| self.has_update(name)));
        }
        if kind.starts_with('"') {
            return wrong(value.as_str().is_some_and(|given| quoted(given) == kind));
        }
        if let Ok(number) = kind.parse::<i64>() {
            return wrong(value.as_i64() == Some(number));
        }
        match (self.types.get(kind), value) {
            (Some(TypeShape::Union { one_of }), _) => self.any_faults(one_of, value, at, check),
            (Some(TypeShape::Object { fields }), Value::Object(given)) => {
                self.object_faults(fields, given, at, check)
            }
            (Some(TypeShape::Object { .. }), _) => wrong(false),
            (None, _) => vec![format!(
                "{at} has the type {kind}, which the description lacks"
            )],
        }
    }

    #[cfg(test)]
    pub(super) fn all_type_names(&self) -> Vec<String> {
        let methods = self.methods.values().flat_map(|method| {
            let fields = method.fields.iter().flat_map(|field| field.types.clone());
            fields.chain(method.returns.clone())
        });
        let types = self.types.values().flat_map(|kind| match kind {
            TypeShape::Union { one_of } => one_of.clone(),
            TypeShape::Object { fields } => fields
                .iter()
                .flat_map(|field| field.types.clone())
                .collect(),
        });
        methods.chain(types).collect()
    }

    #[cfg(test)]
    pub(super) fn has_type(&self, name: &str) -> bool {
        self.types.contains_key(name)
    }
}

fn input_file_faults(value: &Value, at: &str, check: Check<'_>) -> Vec<String> {
    let name = value
        .as_str()
        .and_then(|text| text.strip_prefix("attach://"));
    let there = name.is_some_and(|name| check.uploads.is_some_and(|uploads| uploads(name)));
    if there {
        Vec::new()
    } else {
        vec![format!(
            "{at} is not a file of the request: {}",
            short(value)
        )]
    }
}

fn quoted(text: &str) -> String {
    format!("\"{text}\"")
}

/// A value for a message, cut to a readable length.
fn short(value: &Value) -> String {
    value.to_string().chars().take(120).collect()
}
