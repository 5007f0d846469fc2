//! The summary of a chat platform's table, for people and programs.

use serde_json::{Map, Value};

use crate::channel_config::ChannelSummary;
use crate::chat_table::ChatKeys;

/// The number of places, whether the bot answers direct messages, and the locations of the secrets.
pub(crate) fn summarize_table<P>(keys: &ChatKeys<'_, P>) -> ChannelSummary {
    let places = match keys.places.len() {
        0 => None,
        1 => Some("1 place".to_owned()),
        places => Some(format!("{places} places")),
    };
    let direct = keys.direct.map(|_| "direct messages".to_owned());
    let answered: Vec<_> = places.into_iter().chain(direct).collect();
    let mut parts = vec![answered.join(" and ")];
    let mut facts = Map::new();
    facts.insert("places".to_owned(), keys.places.len().into());
    facts.insert("direct".to_owned(), keys.direct.is_some().into());
    for (key, location) in &keys.secrets {
        parts.push(format!("the {key} is in {location}"));
        let location = serde_json::to_value(location).unwrap_or_default();
        facts.insert((*key).to_owned(), location);
    }
    let line = parts.join("; ");
    let facts = Value::Object(facts);
    ChannelSummary { line, facts }
}
