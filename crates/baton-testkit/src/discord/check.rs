//! Checks requests against Discord's own description: the path, the parameters and the body.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;
use serde_json::{Value, json};

use super::schema::{Schemas, Unknown};
use super::world::World;
use crate::query::percent_decoded;

/// A request or frame of the bot that Discord would refuse, or understand differently.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The request, by method and path, or the frame.
    pub asked: String,
    /// The fault.
    pub what: String,
}

impl World {
    pub(super) fn violation(&mut self, asked: &str, what: &str) {
        self.violations.push(Violation {
            asked: asked.to_owned(),
            what: what.to_owned(),
        });
    }
}

/// The used part of the description, cut by `cut-openapi.py` from
/// <https://github.com/discord/discord-api-spec>.
#[derive(Deserialize)]
struct Cut {
    operations: Vec<Operation>,
    schemas: BTreeMap<String, Value>,
}

/// An operation of Discord's API.
#[derive(Debug, Deserialize)]
pub(super) struct Operation {
    pub(super) id: String,
    method: String,
    pub(super) path: String,
    parameters: Vec<Parameter>,
    /// Whether the operation also works without a token.
    pub(super) open: bool,
    pub(super) multipart: bool,
    body_required: bool,
    body: Option<Value>,
    /// The status of an answer with a body.
    pub(super) status: Option<u16>,
    answer: Option<Value>,
}

#[derive(Debug, Deserialize)]
struct Parameter {
    name: String,
    #[serde(rename = "in")]
    place: String,
    required: bool,
    schema: Value,
}

pub(super) struct Description {
    operations: Vec<Operation>,
    schemas: Schemas,
}

pub(super) static DESCRIPTION: LazyLock<Description> = LazyLock::new(|| {
    let cut: Cut = serde_json::from_str(include_str!("openapi.json"))
        .expect("the cut of the description can be read");
    Description {
        operations: cut.operations,
        schemas: Schemas(cut.schemas),
    }
});

pub(super) use crate::query::{Values, query_values};

impl Description {
    /// Finds the operation for a path below `/api/v10`, and the values in the path. A literal part has
    /// precedence over a variable part.
    pub(super) fn find(
        &'static self,
        method: &str,
        path: &str,
    ) -> Option<(&'static Operation, Values)> {
        let found = self
            .operations
            .iter()
            .filter(|operation| operation.method == method);
        let found = found.filter_map(|operation| {
            let values = values_in(&operation.path, path)?;
            Some((operation, values))
        });
        found.min_by_key(|(_, values)| values.len())
    }

    /// The faults of a request, part by part.
    pub(super) fn faults(
        &self,
        operation: &Operation,
        path: &Values,
        query: &Values,
        body: Option<&Value>,
    ) -> Vec<String> {
        let mut faults = Vec::new();
        for parameter in &operation.parameters {
            let given = match parameter.place.as_str() {
                "path" => path.get(&parameter.name),
                _ => query.get(&parameter.name),
            };
            match given {
                Some(text) => {
                    let wrong = self.schemas.faults(
                        &parameter.schema,
                        &self.read(&parameter.schema, text),
                        Unknown::Refused,
                    );
                    faults.extend(
                        wrong
                            .into_iter()
                            .map(|wrong| format!("{}{wrong}", parameter.name)),
                    );
                }
                None if parameter.required => faults.push(format!("{} is missing", parameter.name)),
                None => {}
            }
        }
        for name in query.keys() {
            let known =
                |parameter: &Parameter| parameter.place == "query" && parameter.name == *name;
            if !operation.parameters.iter().any(known) {
                faults.push(format!("{name} is not a known parameter"));
            }
        }
        match (&operation.body, body) {
            (Some(schema), Some(body)) => {
                let wrong = self.schemas.faults(schema, body, Unknown::Refused);
                faults.extend(wrong.into_iter().map(|wrong| format!("body{wrong}")));
            }
            (Some(_), None) if operation.body_required => {
                faults.push("there is no body".to_owned());
            }
            (None, Some(_)) => faults.push("there is a body, where none is read".to_owned()),
            (_, None) => {}
        }
        faults
    }

    #[cfg(test)]
    pub(super) fn schemas(&self) -> &BTreeMap<String, Value> {
        &self.schemas.0
    }

    /// The faults of the fake's own answer.
    pub(super) fn answer_faults(
        &self,
        operation: &Operation,
        answer: Option<&Value>,
    ) -> Vec<String> {
        match (&operation.answer, answer) {
            (Some(schema), Some(answer)) => self.schemas.faults(schema, answer, Unknown::Passed),
            (None, Some(_)) => vec!["there is an answer, where none is described".to_owned()],
            (_, None) => Vec::new(),
        }
    }

    /// Converts a text from a path or query into a JSON value of the schema's type.
    fn read(&self, schema: &Value, text: &str) -> Value {
        let named = schema["$ref"].as_str().and_then(|name| {
            self.schemas
                .0
                .get(name.strip_prefix("#/components/schemas/")?)
        });
        let type_of = &named.unwrap_or(schema)["type"];
        let is = |name: &str| {
            *type_of == name
                || type_of
                    .as_array()
                    .is_some_and(|all| all.contains(&json!(name)))
        };
        if is("integer") || is("boolean") {
            serde_json::from_str(text).unwrap_or_else(|_| json!(text))
        } else {
            json!(text)
        }
    }
}

/// Converts a body to the form in Discord's description. In two points the documentation and all libraries
/// differ from the description, and Discord accepts both forms:
///
/// * Permissions are texts of digits (`/topics/permissions`: "serialized into a string"), not numbers.
/// * The id of a new attachment is the number of its file (`/reference#uploading-files`), not a text.
pub(super) fn as_described(value: &mut Value) {
    match value {
        Value::Array(items) => items.iter_mut().for_each(as_described),
        Value::Object(fields) => {
            for name in ["default_member_permissions", "allow", "deny"] {
                if let Some(bits) = fields.get_mut(name)
                    && let Some(number) = bits.as_str().and_then(|text| text.parse::<u64>().ok())
                {
                    *bits = json!(number);
                }
            }
            let files = fields.get_mut("attachments").and_then(Value::as_array_mut);
            for file in files.into_iter().flatten() {
                if let Some(number) = file["id"].as_u64() {
                    file["id"] = json!(number.to_string());
                }
            }
            // The answer to an interaction has its message below `data`.
            fields.get_mut("data").into_iter().for_each(as_described);
        }
        _ => {}
    }
}

fn values_in(template: &str, path: &str) -> Option<Values> {
    let mut values = Values::new();
    let mut parts = path.split('/');
    for part in template.split('/') {
        let given = parts.next()?;
        match part
            .strip_prefix('{')
            .and_then(|name| name.strip_suffix('}'))
        {
            Some(name) => {
                values.insert(name.to_owned(), percent_decoded(given)?);
            }
            None if part == given => {}
            None => return None,
        }
    }
    parts.next().is_none().then_some(values)
}
