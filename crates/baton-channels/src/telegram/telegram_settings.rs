//! The settings of the Telegram channel.

use std::path::PathBuf;

use baton_chat::chat_settings::ChatSettings;
use baton_chat::command_translations::CommandTranslations;
use baton_config::table_schema::as_words;
use schemars::JsonSchema;
use secrecy::SecretString;
use serde::Deserialize;
use url::Url;

use super::send_budget::budget_limits::BudgetLimits;
use super::webhook::webhook_settings::WebhookSettings;

/// The name of the platform for people.
pub(super) const PLATFORM: &str = "Telegram";
/// The address of Telegram's own Bot API server.
pub const SERVER: &str = "https://api.telegram.org";

/// All settings of the Telegram channel.
#[derive(Clone)]
pub struct TelegramSettings {
    /// The token of the bot.
    pub token: SecretString,
    /// The address of the Bot API server: [`SERVER`], except for a server of one's own, in tests and behind proxies.
    pub server: Url,
    /// The folder with the files of a server of one's own that runs with `--local`; `None` for all other servers. Only
    /// files in this folder are read.
    pub server_files: Option<PathBuf>,
    /// The settings that all chat platforms share.
    pub chat: ChatSettings,
    /// The limits on requests.
    pub limits: BudgetLimits,
    /// The form of long texts.
    pub rendering: Rendering,
    /// The webhook; `None` for long polls.
    pub webhook: Option<WebhookSettings>,
    /// Translations of the descriptions of commands.
    pub translations: CommandTranslations,
}

impl TelegramSettings {
    /// Settings for Telegram's own server.
    ///
    /// # Panics
    ///
    /// Never: [`SERVER`] is a valid address.
    pub fn new(token: impl Into<SecretString>, chat: ChatSettings) -> Self {
        Self {
            token: token.into(),
            server: Url::parse(SERVER).expect("a constant"),
            server_files: None,
            chat,
            limits: BudgetLimits::default(),
            rendering: Rendering::default(),
            webhook: None,
            translations: CommandTranslations::default(),
        }
    }
}

/// The form in which Telegram shows the text of replies.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
#[schemars(inline, transform = as_words)]
pub enum Rendering {
    /// Messages with bold text, code, links and quotes. All clients show them.
    #[default]
    Entities,
    /// Rich messages, which also have headings and tables. Old clients show a simpler form.
    Rich,
}
