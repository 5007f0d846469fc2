//! `baton config example`: every key, with a comment on each.

use baton_channels::channel_list::built_channels;

/// The line of the example in place of the sections of the channels besides the page.
const CHANNELS: &str = "# <channels>\n";

/// The example with every key of this build. The example is a valid configuration.
pub(crate) fn example_text() -> String {
    let sections: String = built_channels().map(|it| it.example().section).collect();
    include_str!("example.toml").replacen(CHANNELS, &sections, 1)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use serde_json::{Map, Value};

    use super::*;
    use crate::config::config_document::ConfigDocument;
    use crate::config::{BatonConfig, LoadedConfig, json_schema, schema_check};

    /// The example with all commented keys and tables as real ones.
    fn with_all_that_is_shown() -> String {
        let example = example_text();
        let lines = example.lines().map(|line| match line.strip_prefix("# ") {
            Some(shown) if shown.starts_with('[') || has_key(shown) => shown,
            _ => line,
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    fn has_key(line: &str) -> bool {
        let key = line.split_once(" = ").map(|(key, _)| key);
        key.is_some_and(|key| key.chars().all(|it| it.is_ascii_lowercase() || it == '_'))
    }

    /// The paths of all keys of the schema that the value and its tables lack.
    fn missing_keys(value: &Value, schema: &Value, way: &str) -> Vec<String> {
        let Some(table) = value.as_object() else {
            return Vec::new();
        };
        if let Some(kinds) = schema["oneOf"].as_array() {
            let is =
                |kind: &&Value| table.get("kind") == Some(&kind["properties"]["kind"]["const"]);
            // A value without a kind is a secret, in one of two forms.
            let kind = kinds.iter().find(is);
            return kind.map_or_else(Vec::new, |kind| missing_keys(value, kind, way));
        }
        let none = Map::new();
        let known = schema["properties"].as_object().unwrap_or(&none);
        // A channel missing from this build has a schema that refuses every value.
        let keys = known
            .iter()
            .filter(|(_, schema)| schema.get("not").is_none());
        let absent = keys.filter(|(key, _)| !table.contains_key(*key));
        let absent = absent.map(|(key, _)| format!("{way}{key}"));
        let below = table.iter().flat_map(|(key, value)| {
            let schema = known.get(key).unwrap_or(&schema["additionalProperties"]);
            missing_keys(value, schema, &format!("{way}{key}."))
        });
        absent.chain(below).collect()
    }

    #[test]
    fn what_is_only_shown_in_it_is_valid_too() {
        let document =
            ConfigDocument::parse_text("example.toml", with_all_that_is_shown()).unwrap();
        assert_eq!(schema_check::check_schema(&document, &json_schema()), []);
        document.deserialize::<BatonConfig>().unwrap();
    }

    #[test]
    fn the_one_for_each_channel_is_valid_too() {
        for module in built_channels() {
            let text = module.example().whole_file;
            let loaded = LoadedConfig::parse_text(Path::new("channel.toml"), text);
            let config = loaded
                .map_err(|problems| problems.to_string())
                .unwrap()
                .config;
            let channel = config.channels.find_channel(module.name());
            assert!(channel.is_some(), "it is about {}", module.name());
        }
    }

    #[test]
    fn it_names_every_key_of_every_kind() {
        let schema = json_schema();
        let example: Value = toml::from_str(&with_all_that_is_shown()).unwrap();
        let missing = missing_keys(&example, &schema, "");
        assert!(missing.is_empty(), "not in the example: {missing:?}");

        let agents = example["agents"].as_object().unwrap();
        let kinds = &schema["properties"]["agents"]["additionalProperties"]["oneOf"];
        for kind in kinds.as_array().unwrap() {
            let kind = &kind["properties"]["kind"]["const"];
            let mut agents = agents.values();
            assert!(agents.any(|agent| agent["kind"] == *kind), "no {kind}");
        }
    }
}
