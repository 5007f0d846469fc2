//! Edits and deletions of the bot's messages. The chat layer decides how often: `status/edit_pace.rs` there.

use async_trait::async_trait;
use baton_chat::connector::{
    ChatId, ConnectorError, EditedButtons, MessageEdit, OwnRevisions, Urgency,
};
use baton_core::name::ExternalId;

use super::discord_connector::DiscordConnector;
use super::discord_id::parse_id;
use super::rest::MessageBody;

#[async_trait]
impl OwnRevisions for DiscordConnector {
    async fn edit(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        edit: &MessageEdit,
        urgency: Urgency,
    ) -> Result<(), ConnectorError> {
        let (channel, message) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        let edit = MessageBody {
            // Cards on Discord lose their buttons.
            components: (edit.buttons != EditedButtons::Kept).then(Vec::new),
            ..MessageBody::with_content(&edit.text)
        };
        let rest = &self.account.rest;
        let edited = rest.edit_message(channel, message, &edit, urgency);
        Ok(edited.await?)
    }

    async fn delete(&self, chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError> {
        let (channel, message) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        Ok(self.account.rest.delete_message(channel, message).await?)
    }
}
