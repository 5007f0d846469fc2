//! `[channels.NAME]`: connections to chat platforms. Each channel besides the page brings its own table.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use baton_channels::channel_list::{KNOWN_CHANNELS, KnownChannel, built_channels};
use baton_config::table_schema::HINT;
use baton_config::{ChannelConfig, ChannelModule};
use schemars::{JsonSchema, Schema};
use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

/// The key of the page's table.
const WEB: &str = "web";

/// The channels.
#[derive(Clone, Debug, Default, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(transform = insert_channels)]
pub(crate) struct ChannelsTable {
    /// The web page and its HTTP API.
    #[serde(default)]
    pub(crate) web: WebTable,
    /// The other channels, in the order of [`KNOWN_CHANNELS`].
    #[schemars(skip)]
    pub(crate) others: Vec<ConfiguredChannel>,
}

/// A channel with a table in the file.
#[derive(Clone, Debug)]
pub(crate) struct ConfiguredChannel {
    pub(crate) module: &'static dyn ChannelModule,
    pub(crate) config: Arc<dyn ChannelConfig>,
}

impl ChannelsTable {
    /// The configured channel with this name, besides the page.
    pub(crate) fn find_channel(&self, name: &str) -> Option<&ConfiguredChannel> {
        self.others.iter().find(|it| it.name() == name)
    }
}

impl ConfiguredChannel {
    /// The key of the table below `[channels]`.
    pub(crate) fn name(&self) -> &'static str {
        self.module.name()
    }

    /// The path from the root to `keys` of this channel's table.
    pub(crate) fn full_keys<'a>(&self, keys: &[&'a str]) -> Vec<&'a str> {
        [&["channels", self.name()], keys].concat()
    }
}

/// Inserts the schemas of all channels besides the page.
fn insert_channels(schema: &mut Schema) {
    let properties = schema.get_mut("properties").and_then(Value::as_object_mut);
    let Some(properties) = properties else {
        return;
    };
    for KnownChannel { name, module } in KNOWN_CHANNELS {
        let channel = module.map_or_else(|| absent_schema(name), |it| it.schema().to_value());
        properties.insert((*name).to_owned(), channel);
    }
}

/// The schema for the table of a channel that this build is without. The schema refuses every value.
fn absent_schema(name: &str) -> Value {
    let hint = format!(
        "this build of Baton has no `{name}`; use a build with the Cargo feature `{name}`, or leave this table out"
    );
    json!({ "not": {}, HINT: hint })
}

impl<'de> Deserialize<'de> for ChannelsTable {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(ChannelsVisitor)
    }
}

/// Reads each table with the type that its channel brings.
struct ChannelsVisitor;

impl<'de> Visitor<'de> for ChannelsVisitor {
    type Value = ChannelsTable;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a table of channels")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ChannelsTable, A::Error> {
        let mut web = None;
        let mut tables = BTreeMap::new();
        while let Some(name) = map.next_key::<String>()? {
            if name == WEB {
                web = Some(map.next_value()?);
            } else if built_channels().any(|module| module.name() == name) {
                tables.insert(name, map.next_value::<Value>()?);
            } else {
                // The check of the schema has reported this with a better text.
                return Err(A::Error::custom(format_args!("unknown channel `{name}`")));
            }
        }
        let mut others = Vec::new();
        for module in built_channels() {
            if let Some(table) = tables.remove(module.name()) {
                let config = module.parse(table).map_err(A::Error::custom)?;
                let config = Arc::from(config);
                others.push(ConfiguredChannel { module, config });
            }
        }
        Ok(ChannelsTable {
            web: web.unwrap_or_default(),
            others,
        })
    }
}

/// `[channels.web]`: the web page and its HTTP API.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebTable {
    /// The default agent, for posts that name no persona. The agent answers under its own name.
    pub(crate) agent: Option<String>,
    /// The default persona, for posts that name no persona; instead of `agent`.
    pub(crate) persona: Option<String>,
    /// Whether everybody who can reach the address may read and write in the public room without a token. The
    /// page shows the public room at its bare address.
    pub(crate) public: bool,
    /// The most posts from one address in a minute; 0 means no limit. The default is 10 if Baton can be
    /// reached from other machines, and else no limit.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) posts_per_minute: Option<u32>,
    /// Rooms for members only. Signed-in people may enter every other room.
    pub(crate) rooms: BTreeMap<String, RoomTable>,
}

/// `[channels.web.rooms.NAME]`: a room for members only.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoomTable {
    /// The members, by their names in `[people]`. Members and operators may enter; to all others, the room
    /// looks empty.
    pub(crate) members: Vec<String>,
}
