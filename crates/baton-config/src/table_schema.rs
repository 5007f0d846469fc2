//! The JSON schema of a table. The schema comes from the types of the tables, so each rule exists once.

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema};
use serde_json::Value;

/// The schema's key for a hint, which is shown for a value of the wrong type.
pub const HINT: &str = "x-hint";

/// Replaces a list of schemas, one for each word, by one list of words.
pub fn as_words(schema: &mut Schema) {
    if let Some(Value::Array(each)) = schema.remove("oneOf") {
        let words = each.iter().filter_map(|word| word.get("const").cloned());
        let words = words.collect::<Vec<_>>().into();
        schema.insert("type".into(), "string".into());
        schema.insert("enum".into(), words);
    }
}

/// The settings for the schema of the whole file, and of each of its tables.
pub fn schema_settings() -> SchemaSettings {
    SchemaSettings::draft2020_12().with(|settings| settings.inline_subschemas = true)
}

/// The schema of an optional table, with the description of its key.
pub fn optional_table_schema<T: JsonSchema>(description: &str) -> Schema {
    let mut schema = schema_settings()
        .into_generator()
        .subschema_for::<Option<T>>();
    schema.insert("description".to_owned(), description.into());
    schema
}
