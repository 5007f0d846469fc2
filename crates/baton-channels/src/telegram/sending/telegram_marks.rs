//! The bot's marks in a chat: reactions to messages, and the sign that the bot is typing. The limits on messages
//! do not count them, and a pause that Telegram asked for stops them too.

use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{ChatId, ConnectorError, Reactions, Typing};
use baton_core::name::ExternalId;

use crate::telegram::chat_address::{ChatAddress, MessageAddress};
use crate::telegram::telegram_account::convert_error;
use crate::telegram::telegram_connector::TelegramConnector;

/// The only reaction of the bot. Telegram permits few emoji as reactions, and 👀 is one of them.
const SEEN: &str = "👀";

#[async_trait]
impl Reactions for TelegramConnector {
    async fn add(
        &self,
        _chat: &ChatId,
        message: &ExternalId,
        _emoji: &str,
    ) -> Result<(), ConnectorError> {
        self.react(message, Some(SEEN)).await
    }

    async fn remove(
        &self,
        _chat: &ChatId,
        message: &ExternalId,
        _emoji: &str,
    ) -> Result<(), ConnectorError> {
        self.react(message, None).await
    }
}

#[async_trait]
impl Typing for TelegramConnector {
    fn shown_for(&self) -> Duration {
        Duration::from_secs(5)
    }

    async fn show_typing(&self, chat: &ChatId) -> Result<(), ConnectorError> {
        let address = ChatAddress::parse_chat(chat)?;
        let shown = self.account.api.show_typing(address);
        let shown = self.account.make_uncounted(shown).await;
        shown.map_err(|error| convert_error(address.chat, error))
    }
}

impl TelegramConnector {
    async fn react(&self, message: &ExternalId, emoji: Option<&str>) -> Result<(), ConnectorError> {
        let MessageAddress { chat, number } = MessageAddress::parse_message(message)?;
        let set = self.account.api.set_reaction(chat, number, emoji);
        Ok(self.account.make_uncounted(set).await?)
    }
}
