//! The table of a platform unlike Discord: names as ids, no workspaces, and two secrets.

use std::collections::BTreeMap;
use std::fmt;
use std::str::FromStr;

use baton_chat::ChatChannel;
use baton_chat::chat_settings::{ChatSettings, PlaceScope, Trigger};
use baton_config::{
    AddressSchemes, AnsweringTable, ChannelConfig, ChannelOpenError, ChannelSecrets, ChatKeys,
    ChatTable, DirectTable, PlaceTable, ScopeKey, SecretLocation, WrittenId,
};
use serde::Deserialize;
use serde_json::{Value, json};

/// A name such as `@ann`. The platform ignores the case.
#[derive(Debug)]
struct Nickname(String);

#[derive(Debug, thiserror::Error)]
#[error("an id begins with @")]
struct NotANickname;

impl FromStr for Nickname {
    type Err = NotANickname;

    fn from_str(text: &str) -> Result<Self, NotANickname> {
        let name = text.strip_prefix('@').ok_or(NotANickname)?;
        Ok(Self(name.to_lowercase()))
    }
}

impl fmt::Display for Nickname {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "@{}", self.0)
    }
}

impl WrittenId for Nickname {
    const PERSON_HINT: &'static str = "write user:@NAME";
}

#[derive(Debug, Deserialize)]
struct ToyTable {
    token: SecretLocation,
    key: SecretLocation,
    api: Option<String>,
    #[serde(default)]
    places: BTreeMap<String, ToyPlace>,
    direct: Option<DirectTable>,
}

#[derive(Debug, Deserialize)]
struct ToyPlace {
    chat: String,
    #[serde(flatten)]
    answering: AnsweringTable,
}

impl PlaceTable for ToyPlace {
    type Id = Nickname;

    fn scope_keys(&self) -> Vec<ScopeKey<'_>> {
        vec![ScopeKey::of_chat("chat", Some(&self.chat))]
    }

    fn shared_keys(&self) -> &AnsweringTable {
        &self.answering
    }
}

impl ChatTable for ToyTable {
    type Place = ToyPlace;

    const CHANNEL: &'static str = "toy";

    fn shared_keys(&self) -> ChatKeys<'_, ToyPlace> {
        ChatKeys {
            secrets: vec![("token", &self.token), ("key", &self.key)],
            messages: None,
            places: &self.places,
            direct: self.direct.as_ref(),
        }
    }

    fn check_own_keys(&self, report: &mut dyn FnMut(&[&str], &str)) {
        AddressSchemes::WEB_SOCKET.check_address("api", self.api.as_deref(), report);
    }

    fn open_chat_channel(
        &self,
        _: &ChannelSecrets,
        _: ChatSettings,
    ) -> Result<ChatChannel, ChannelOpenError> {
        Err(ChannelOpenError::new(NotANickname))
    }
}

/// The table with these keys besides the secrets.
fn table(mut keys: Value) -> ToyTable {
    keys["token"] = json!({ "env": "TOKEN" });
    keys["key"] = json!({ "file": "toy.key" });
    serde_json::from_value(keys).unwrap()
}

/// The mistakes, each with its keys.
fn mistakes(keys: Value) -> Vec<String> {
    let mut mistakes = Vec::new();
    table(keys).check_values(&mut |keys, what| {
        mistakes.push(format!("{}: {what}", keys.join(".")));
    });
    mistakes
}

#[test]
fn each_mistake_is_reported_with_its_keys() {
    let nowhere =
        ": the bot answers nowhere; add [channels.toy.places.NAME] or [channels.toy.direct]";
    assert_eq!(mistakes(json!({})), [nowhere]);
    let all = mistakes(json!({
        "api": "https://x",
        "places": {
            "a": { "chat": "general", "deciders": ["role:@keepers", "ann"] },
            "b": { "chat": "@makers", "speakers": ["user:ann"] },
            "c": { "chat": "@Makers", "speakers": ["group:@ann"] },
        },
        "direct": { "speakers": [] },
    }));
    let expected = [
        "api: this must be an address that begins with wss://",
        "places.a.chat: an id begins with @",
        "places.a.deciders.1: write user:@NAME",
        "places.b.speakers.0: write user:@NAME",
        "places.c: another table names the same place; keep one of the two",
        "places.c.speakers.0: write user:@NAME",
    ];
    assert_eq!(all, expected);
    let direct = mistakes(json!({ "direct": { "speakers": ["@ann"] } }));
    assert_eq!(direct, ["direct.speakers.0: write user:@NAME"]);
}

#[test]
fn a_place_has_the_ids_in_the_form_of_the_platform() {
    let keys = json!({
        "agent": "bob",
        "chat": "@Makers",
        "trigger": "threads",
        "speakers": ["user:@Ann", "role:@Keepers"],
    });
    let toy = table(json!({ "places": { "a": keys, "b": { "chat": "@b" } } }));
    let place = toy.find_place("a").unwrap();
    assert_eq!(place.scope, PlaceScope::Chat("@makers".into()));
    assert_eq!(place.answering.persona, "bob".into());
    assert_eq!(place.answering.trigger, Trigger::Threads);
    let speakers = place.answering.speakers.unwrap();
    assert!(speakers.contains_person(&"@ann".into(), &[]));
    assert!(speakers.contains_person(&"@eve".into(), &["@keepers".into()]));
    assert!(!speakers.contains_person(&"@eve".into(), &[]));
    // Nobody answers in this place.
    assert!(toy.find_place("b").is_none());
}

#[test]
fn the_summary_names_places_and_secrets() {
    let toy = table(json!({
        "places": { "a": { "chat": "@a", "agent": "bob" } },
        "direct": { "persona": "eve" },
    }));
    let summary = toy.summary();
    let secrets = "the token is in the environment variable TOKEN; the key is in the file toy.key";
    assert_eq!(
        summary.line,
        format!("1 place and direct messages; {secrets}")
    );
    let facts = json!({
        "places": 1,
        "direct": true,
        "token": { "env": "TOKEN" },
        "key": { "file": "toy.key" },
    });
    assert_eq!(summary.facts, facts);
    let answerers = toy.list_answerers();
    assert_eq!(answerers[0].keys, ["places", "a"]);
    assert_eq!(answerers[0].agent, Some("bob"));
    assert_eq!(answerers[1].keys, ["direct"]);
    assert_eq!(answerers[1].persona, Some("eve"));
}
