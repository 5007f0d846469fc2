//! `[channels.NAME]`: where people write.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::discord::DiscordTable;

/// The channels.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChannelsTable {
    /// The page and its HTTP API.
    pub(crate) web: WebTable,
    /// A bot on Discord.
    pub(crate) discord: Option<DiscordTable>,
}

/// `[channels.web]`
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct WebTable {
    /// The agent that answers whoever asks for nobody by name. It answers under its own name.
    pub(crate) agent: Option<String>,
    /// The persona that answers whoever asks for nobody by name; instead of `agent`.
    pub(crate) persona: Option<String>,
    /// Whether anyone who can reach the address may read and write in the public room, the one
    /// that the page's bare address shows, with no token.
    pub(crate) public: bool,
    /// How many posts one address may send in a minute; 0 for no limit. Not given: 10 as soon as
    /// Baton listens beyond this machine, else no limit.
    #[schemars(range(min = 0, max = 1_000_000))]
    pub(crate) posts_per_minute: Option<u32>,
    /// Rooms for some only. Whoever has signed in may enter any other room.
    pub(crate) rooms: BTreeMap<String, RoomTable>,
}

/// `[channels.web.rooms.NAME]`
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct RoomTable {
    /// The people who may enter, by their names in `[people]`; operators may as well. To everybody
    /// else it is as if there were no such room.
    pub(crate) members: Vec<String>,
}
