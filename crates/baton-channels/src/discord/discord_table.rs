//! `[channels.discord]`: a bot on Discord.

use std::collections::BTreeMap;

use baton_chat::ChatChannel;
use baton_chat::chat_settings::ChatSettings;
use baton_config::{
    AddressSchemes, AnsweringTable, ChannelOpenError, ChannelSecrets, ChatKeys, ChatTable,
    DirectTable, PLACES, PlaceTable, ProjectKeys, ScopeKey, SecretLocation, TranslationTables,
    WrittenId,
};
use schemars::JsonSchema;
use serde::Deserialize;

use super::translation_rules::TRANSLATION_RULES;
use super::{CHANNEL, DiscordSettings, Id, OfferedIn, open_channel};

/// The key of the bot's token.
const TOKEN: &str = "token";

/// The key of a place for the id of a channel, see [`DiscordPlace::channel`].
const CHANNEL_KEY: &str = "channel";

/// The key of a place for the id of a server, see [`DiscordPlace::server`].
const SERVER_KEY: &str = "server";

/// The keys for the place of a project.
pub(super) const PROJECT_KEYS: ProjectKeys = ProjectKeys {
    places: PLACES,
    chat: CHANNEL_KEY,
    workspace: SERVER_KEY,
};

/// A bot on Discord.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct DiscordTable {
    /// The location of the bot's token.
    token: SecretLocation,
    /// The address of Discord's API; only for proxies and tests.
    api: Option<String>,
    /// The address of Discord's gateway; only for proxies and tests. By default, Discord names the address.
    gateway: Option<String>,
    /// The most messages for one reply. A longer reply is sent as a file.
    #[schemars(range(min = 1, max = 50))]
    messages: Option<usize>,
    /// The servers in which Discord offers the commands.
    #[serde(default)]
    offered_in: OfferedIn,
    /// Translations of command names and descriptions: by language, then by the command's own name.
    #[serde(default)]
    pub(super) commands: TranslationTables,
    /// The channels and servers in which the bot answers.
    #[serde(default)]
    places: BTreeMap<String, DiscordPlace>,
    /// The settings for direct messages. Without this table, the bot does not answer direct messages.
    direct: Option<DirectTable>,
}

/// `[channels.discord.places.NAME]`: a channel or server in which the bot answers.
// The schema refuses unknown keys, because the refusal of serde does not support `flatten`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[schemars(deny_unknown_fields)]
pub(super) struct DiscordPlace {
    /// The id of a channel. The place includes the channel's threads.
    channel: Option<String>,
    /// The id of a server, instead of `channel`. The place is every channel of the server without its own
    /// table.
    server: Option<String>,
    #[serde(flatten)]
    answering: AnsweringTable,
}

impl WrittenId for Id {
    const PERSON_HINT: &'static str =
        "write user:ID or role:ID, with the number that Copy ID gives on Discord";
}

impl PlaceTable for DiscordPlace {
    type Id = Id;

    fn scope_keys(&self) -> Vec<ScopeKey<'_>> {
        vec![
            ScopeKey::of_chat(CHANNEL_KEY, self.channel.as_deref()),
            ScopeKey::of_workspace(SERVER_KEY, self.server.as_deref()),
        ]
    }

    fn shared_keys(&self) -> &AnsweringTable {
        &self.answering
    }
}

impl ChatTable for DiscordTable {
    type Place = DiscordPlace;

    const CHANNEL: &'static str = CHANNEL;

    fn shared_keys(&self) -> ChatKeys<'_, DiscordPlace> {
        ChatKeys {
            secrets: vec![(TOKEN, &self.token)],
            messages: self.messages,
            places: &self.places,
            direct: self.direct.as_ref(),
        }
    }

    fn check_own_keys(&self, report: &mut dyn FnMut(&[&str], &str)) {
        AddressSchemes::HTTP.check_address("api", self.api.as_deref(), report);
        AddressSchemes::WEB_SOCKET.check_address("gateway", self.gateway.as_deref(), report);
        self.commands
            .report_invalid("commands", &TRANSLATION_RULES, report);
    }

    fn open_chat_channel(
        &self,
        secrets: &ChannelSecrets,
        chat: ChatSettings,
    ) -> Result<ChatChannel, ChannelOpenError> {
        let usual = DiscordSettings::new(secrets.read_key(TOKEN), chat);
        let settings = DiscordSettings {
            api: AddressSchemes::HTTP
                .parse_address(self.api.as_deref())
                .unwrap_or(usual.api),
            gateway: AddressSchemes::WEB_SOCKET.parse_address(self.gateway.as_deref()),
            offered_in: self.offered_in,
            translations: self.commands.valid_translations(&TRANSLATION_RULES),
            ..usual
        };
        open_channel(settings).map_err(ChannelOpenError::new)
    }
}
