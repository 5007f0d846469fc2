//! `[channels.NAME]`: connections to chat platforms.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::discord_table::DiscordTable;

/// The channels.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub(crate) struct ChannelsTable {
    /// The web page and its HTTP API.
    pub(crate) web: WebTable,
    /// The bot on Discord.
    pub(crate) discord: Option<DiscordTable>,
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
