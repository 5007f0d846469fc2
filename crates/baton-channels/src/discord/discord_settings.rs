//! The settings of the Discord channel.

use baton_chat::chat_settings::ChatSettings;
use baton_chat::command_translations::CommandTranslations;
use baton_config::table_schema::as_words;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

/// The name of the platform for people.
pub(super) const PLATFORM: &str = "Discord";
/// The address of Discord's REST API.
pub const API: &str = "https://discord.com/api/v10";

/// All settings of the Discord channel.
#[derive(Clone)]
pub struct DiscordSettings {
    /// The token of the bot.
    pub token: SecretString,
    /// The address of the REST API: [`API`], except in tests and behind proxies.
    pub api: Url,
    /// The address of the gateway; `None` means the address that Discord names.
    pub gateway: Option<Url>,
    /// The settings that all chat platforms share.
    pub chat: ChatSettings,
    /// The servers where Discord offers the commands.
    pub offered_in: OfferedIn,
    /// The names and descriptions of commands in other languages.
    pub translations: CommandTranslations,
}

impl DiscordSettings {
    /// Settings for Discord's own addresses.
    ///
    /// # Panics
    ///
    /// Never: [`API`] is a valid address.
    pub fn new(token: impl Into<SecretString>, chat: ChatSettings) -> Self {
        Self {
            token: token.into(),
            api: Url::parse(API).expect("a constant"),
            gateway: None,
            chat,
            offered_in: OfferedIn::default(),
            translations: CommandTranslations::default(),
        }
    }
}

/// The servers in which Discord offers the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub enum OfferedIn {
    /// Every server of the bot, and direct messages.
    #[default]
    Everywhere,
    /// Each server with a configured place, and direct messages if the bot answers them.
    Servers,
}
