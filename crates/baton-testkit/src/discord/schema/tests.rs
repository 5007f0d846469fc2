use serde_json::{Value, json};

use super::super::check::DESCRIPTION;
use super::{Schemas, Unknown};

fn faults(schema: &Value, value: &Value) -> Vec<String> {
    let named = [(
        "Id".to_owned(),
        json!({"type": "string", "pattern": "^[0-9]+$"}),
    )];
    Schemas(named.into()).faults(schema, value, Unknown::Refused)
}

#[test]
fn each_keyword_takes_what_it_should_and_nothing_else() {
    let id = json!({"$ref": "#/components/schemas/Id"});
    let object = json!({"type": "object", "properties": {"id": id}, "required": ["id"]});
    let cases = [
        (json!({"type": ["string", "null"]}), json!(null), json!(1)),
        (json!({"type": "integer"}), json!(1), json!(1.5)),
        (json!({"enum": [1, 2]}), json!(2), json!(3)),
        (json!({"const": "a"}), json!("a"), json!("b")),
        (id.clone(), json!("7"), json!("seven")),
        (
            json!({"minLength": 2, "maxLength": 3}),
            json!("äöü"),
            json!("äöüß"),
        ),
        (json!({"minLength": 2}), json!("ab"), json!("a")),
        (json!({"minimum": 1, "maximum": 3}), json!(3), json!(4)),
        (json!({"minimum": 1}), json!(1), json!(0)),
        (json!({"format": "int32"}), json!(7), json!(1_u64 << 40)),
        (
            json!({"format": "date-time"}),
            json!("2026-11-21T10:00:00+00:00"),
            json!("today"),
        ),
        (
            json!({"items": id, "maxItems": 2}),
            json!(["1", "2"]),
            json!(["1", "2", "3"]),
        ),
        (json!({"items": id}), json!(["1"]), json!(["one"])),
        (json!({"minItems": 1}), json!([1]), json!([])),
        (json!({"uniqueItems": true}), json!([1, 2]), json!([1, 1])),
        (
            json!({"oneOf": [{"type": "null"}, id]}),
            json!("1"),
            json!("x"),
        ),
        (
            json!({"oneOf": [{"type": "integer"}, {"minimum": 5}]}),
            json!(4),
            json!(6),
        ),
        (
            json!({"anyOf": [{"type": "integer"}, {"minimum": 5}]}),
            json!(6),
            json!(4.5),
        ),
        (
            json!({"allOf": [{"minimum": 1}, {"maximum": 3}]}),
            json!(2),
            json!(4),
        ),
        (object.clone(), json!({"id": "1"}), json!({})),
        (object, json!({"id": "1"}), json!({"id": "1", "ID": "1"})),
        (
            json!({"additionalProperties": id}),
            json!({"a": "1"}),
            json!({"a": "x"}),
        ),
        (
            json!({"additionalProperties": false}),
            json!({}),
            json!({"a": 1}),
        ),
        (
            json!({"maxProperties": 1}),
            json!({"a": 1}),
            json!({"a": 1, "b": 2}),
        ),
        (json!({"minProperties": 1}), json!({"a": 1}), json!({})),
    ];
    for (schema, good, bad) in cases {
        assert_eq!(
            faults(&schema, &good),
            Vec::<String>::new(),
            "{schema} {good}"
        );
        assert_ne!(
            faults(&schema, &bad),
            Vec::<String>::new(),
            "{schema} {bad}"
        );
    }
}

#[test]
fn of_several_forms_the_one_that_was_meant_is_explained() {
    let form = |kind: u8, field: &str| {
        json!({
            "type": "object", "required": ["type", field],
            "properties": {"type": {"type": "integer", "enum": [kind]}, field: {"type": "string"}},
        })
    };
    let schema = json!({"oneOf": [form(1, "label"), form(2, "url")]});
    let found = faults(&schema, &json!({"type": 2, "url": 5}));
    assert_eq!(found, ["/url: 5 is not of type \"string\""]);
}

#[test]
fn every_keyword_of_the_description_is_known() {
    // An unknown keyword panics for any value. The walk visits inner schemas too.
    for schema in DESCRIPTION.schemas().values() {
        walk(schema);
    }
}

fn walk(schema: &Value) {
    let bare: Value = schema
        .as_object()
        .into_iter()
        .flatten()
        .filter(|(keyword, _)| !matches!(keyword.as_str(), "$ref" | "oneOf" | "anyOf" | "allOf"))
        .map(|(keyword, rule)| (keyword.clone(), rule.clone()))
        .collect();
    for value in [json!(null), json!(1), json!("1"), json!([]), json!({})] {
        faults(&bare, &value);
    }
    for (keyword, inner) in schema.as_object().into_iter().flatten() {
        match (keyword.as_str(), inner) {
            ("oneOf" | "anyOf" | "allOf", Value::Array(parts)) => parts.iter().for_each(walk),
            ("items" | "additionalProperties", inner @ Value::Object(_)) => walk(inner),
            ("properties", Value::Object(fields)) => fields.values().for_each(walk),
            _ => {}
        }
    }
}

#[test]
#[should_panic(expected = "patternProperties, which is not checked yet")]
fn a_keyword_that_is_not_known_is_a_panic() {
    faults(&json!({"patternProperties": {}}), &json!({}));
}
