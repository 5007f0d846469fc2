//! The messages of the bot after an unknown outcome.

use async_trait::async_trait;
use baton_chat::connector::{ChatId, ConnectorError, OwnMessage, OwnMessages};
use baton_core::name::ExternalId;

use super::discord_connector::DiscordConnector;
use super::discord_id::parse_id;
use super::message_pages::MessagePages;
use super::rest::{PagePosition, RestError};
use super::type_numbers::MessageFlags;
use super::wire::{DiscordMessage, WireMessage};

/// The maximum number of pages to search for messages of an earlier try: 1,000 messages. Earlier messages are
/// too old to matter.
const LOOKED_THROUGH: usize = 10;

#[async_trait]
impl OwnMessages for DiscordConnector {
    /// The messages come from the last [`LOOKED_THROUGH`] pages.
    async fn find_since(
        &self,
        chat: &ChatId,
        answered: &ExternalId,
    ) -> Result<Vec<OwnMessage>, ConnectorError> {
        let (channel, answered) = (parse_id(chat.as_str())?, parse_id(answered.as_str())?);
        let us = self.account.wait_for_ids().await.user;
        let mut pages = MessagePages::new(&self.account.rest, channel);
        let mut which = PagePosition::Newest;
        let mut ours = Vec::new();
        for page_number in 1.. {
            let page = match pages.fetch_page(which).await {
                Ok(page) => page,
                // The thread does not exist yet, or the channel will refuse the delivery too.
                Err(RestError::Refused { .. }) => break,
                Err(error) => return Err(error.into()),
            };
            let oldest = page.messages.iter().filter_map(WireMessage::id).min();
            let since = page
                .messages
                .into_iter()
                .filter_map(|message| match message {
                    WireMessage::Read(message) => Some(message),
                    WireMessage::Unreadable(_) => None,
                });
            let since = since.filter(|message| message.id > answered);
            ours.extend(since.filter(|message| message.author.id == us));
            let Some(oldest) = oldest.filter(|oldest| page.more && *oldest > answered) else {
                break;
            };
            if page_number == LOOKED_THROUGH {
                tracing::warn!(%channel, before = %oldest, "earlier messages in a channel are not searched");
                break;
            }
            which = PagePosition::Before(oldest);
        }
        ours.sort_by_key(|message| message.id);
        Ok(ours.iter().map(|message| to_own_message(message)).collect())
    }
}

fn to_own_message(message: &DiscordMessage) -> OwnMessage {
    OwnMessage {
        id: message.id.into(),
        text: message.content.clone(),
        reply_to: message.replied_to().map(Into::into),
        actions: message.button_names(),
        is_silent: message.flags.contains(MessageFlags::SUPPRESS_NOTIFICATIONS),
    }
}
