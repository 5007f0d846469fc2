//! The settings of the Discord channel.

use std::sync::Arc;

use baton_chat::chat_settings::{Answering, ChatSettings, PlaceSettings};
use baton_chat::projects::AddsProjects;
use baton_core::clock::Clock;
use secrecy::SecretString;
use url::Url;

use super::translations::Translations;

/// The address of Discord's REST API.
pub const API: &str = "https://discord.com/api/v10";

/// The default of [`DiscordSettings::messages`].
const MESSAGES: usize = 5;

/// All settings of the Discord channel.
#[derive(Clone)]
pub struct DiscordSettings {
    /// The token of the bot.
    pub token: SecretString,
    /// The address of the REST API: [`API`], except in tests and behind proxies.
    pub api: Url,
    /// The address of the gateway; `None` means the address that Discord names.
    pub gateway: Option<Url>,
    /// The channels and servers where the bot listens.
    pub places: Vec<PlaceSettings>,
    /// The settings for direct messages; `None` means that the bot ignores direct messages.
    pub direct: Option<Answering>,
    /// The maximum number of messages of one reply. A longer reply is sent as a file.
    pub messages: usize,
    /// The implementation of `/add-project`; `None` means no such command.
    pub projects: Option<Arc<dyn AddsProjects>>,
    /// The servers where Discord offers the commands.
    pub offered_in: OfferedIn,
    /// The names and descriptions of commands in other languages.
    pub translations: Translations,
    /// The source of the time.
    pub clock: Arc<dyn Clock>,
}

impl DiscordSettings {
    /// Settings without any place.
    ///
    /// # Panics
    ///
    /// Never: [`API`] is a valid address.
    pub fn new(token: impl Into<SecretString>, clock: Arc<dyn Clock>) -> Self {
        Self {
            token: token.into(),
            api: Url::parse(API).expect("a constant"),
            gateway: None,
            places: Vec::new(),
            direct: None,
            messages: MESSAGES,
            projects: None,
            offered_in: OfferedIn::default(),
            translations: Translations::default(),
            clock,
        }
    }

    /// The part of the settings for the chat layer.
    pub(super) fn chat_settings(&self) -> ChatSettings {
        ChatSettings {
            places: self.places.clone(),
            direct: self.direct.clone(),
            messages: self.messages,
            projects: self.projects.clone(),
            clock: Arc::clone(&self.clock),
        }
    }
}

/// The servers where Discord offers the commands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum OfferedIn {
    /// All servers of the bot, and direct messages.
    #[default]
    Everywhere,
    /// The servers of configured places; direct messages only if the bot answers them.
    Servers,
}
