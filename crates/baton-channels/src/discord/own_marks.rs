//! The bot's marks in a channel: reactions to messages, and the sign that the bot is typing.

use async_trait::async_trait;
use baton_chat::connector::{ChatId, ConnectorError, Reactions, Typing};
use baton_core::name::ExternalId;

use super::discord_connector::DiscordConnector;
use super::discord_id::parse_id;

#[async_trait]
impl Reactions for DiscordConnector {
    async fn add(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        emoji: &str,
    ) -> Result<(), ConnectorError> {
        let (channel, message) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        let rest = &self.account.rest;
        Ok(rest.set_own_reaction(channel, message, emoji, true).await?)
    }

    async fn remove(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        emoji: &str,
    ) -> Result<(), ConnectorError> {
        let (channel, message) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        let rest = &self.account.rest;
        Ok(rest
            .set_own_reaction(channel, message, emoji, false)
            .await?)
    }
}

#[async_trait]
impl Typing for DiscordConnector {
    async fn show_typing(&self, chat: &ChatId) -> Result<(), ConnectorError> {
        let channel = parse_id(chat.as_str())?;
        Ok(self.account.rest.trigger_typing(channel).await?)
    }
}
