//! Edits and deletions of the bot's messages.

use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{ChatId, ConnectorError, MessageEdit, OwnRevisions, Urgency};
use baton_core::name::ExternalId;

use super::bot_api::{BotApiError, BotApiResult, EditBody};
use super::chat_address::MessageAddress;
use super::send_budget::send_priority::SendPriority;
use super::telegram_account::convert_error;
use super::telegram_connector::TelegramConnector;
use super::telegram_markdown::FormattedText;

/// The shortest time between two edits of one message. More edits would use up the budget of the group.
const EDIT_PAUSE: Duration = Duration::from_secs(4);

#[async_trait]
impl OwnRevisions for TelegramConnector {
    fn edit_pause(&self) -> Duration {
        EDIT_PAUSE
    }

    async fn edit(
        &self,
        _chat: &ChatId,
        message: &ExternalId,
        edit: &MessageEdit,
        urgency: Urgency,
    ) -> Result<(), ConnectorError> {
        let MessageAddress { chat, number } = MessageAddress::parse_message(message)?;
        // An edit without buttons removes the buttons. Baton edits no message whose buttons stay.
        let priority = if edit.removes_buttons {
            SendPriority::Reply
        } else {
            SendPriority::Edit
        };
        let edited = self.edit_in_forms(chat, number, &edit.text);
        let account = &self.account;
        let edited = account.spend_turn(chat, priority, urgency, edited);
        match edited.await? {
            Err(BotApiError::Refused(refusal)) if refusal.is_unchanged() => Ok(()),
            done => done.map_err(|error| convert_error(chat, error)),
        }
    }

    async fn delete(&self, _chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError> {
        let MessageAddress { chat, number } = MessageAddress::parse_message(message)?;
        let deleted = self.account.api.delete_message(chat, number).await;
        self.account.note_rate_limit(&deleted);
        deleted.map_err(|error| convert_error(chat, error))
    }
}

impl TelegramConnector {
    /// Edits a message with entities, or without them if Telegram refuses the entities.
    async fn edit_in_forms(&self, chat: i64, message: i64, text: &str) -> BotApiResult {
        let FormattedText { text, entities } = FormattedText::from_dialect(text);
        let has_entities = !entities.is_empty();
        let edit = EditBody::new(chat, message, text.clone(), entities);
        match self.account.api.edit_text(&edit).await {
            Err(BotApiError::Refused(refusal))
                if has_entities && refusal.is_about_form() && !refusal.is_unchanged() =>
            {
                let plain = EditBody::new(chat, message, text, Vec::new());
                self.account.api.edit_text(&plain).await
            }
            done => done,
        }
    }
}
