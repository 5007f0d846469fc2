//! Edits and deletions of the bot's messages.

use std::time::Duration;

use async_trait::async_trait;
use baton_chat::connector::{
    ChatId, ConnectorError, EditedButtons, MessageEdit, OwnRevisions, Urgency,
};
use baton_core::name::ExternalId;

use crate::telegram::bot_api::{BotApiError, BotApiResult, EditBody, Keyboard, TelegramRefusal};
use crate::telegram::chat_address::MessageAddress;
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::convert_error;
use crate::telegram::telegram_connector::TelegramConnector;
use crate::telegram::telegram_markdown::FormattedText;

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
        let (priority, buttons) = match &edit.buttons {
            EditedButtons::Kept => (SendPriority::Edit, None),
            EditedButtons::Disabled(buttons) => {
                (SendPriority::Reply, Keyboard::of_disabled(buttons))
            }
        };
        let edited = self.edit_with_buttons(chat, number, &edit.text, buttons);
        let account = &self.account;
        let edited = account.spend_turn(chat, priority, urgency, edited);
        match edited.await? {
            Err(BotApiError::Refused(refusal)) if refusal.is_unchanged() => Ok(()),
            done => done.map_err(|error| convert_error(chat, error)),
        }
    }

    async fn delete(&self, _chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError> {
        let MessageAddress { chat, number } = MessageAddress::parse_message(message)?;
        let deleted = self.account.api.delete_message(chat, number);
        let deleted = self.account.make_uncounted(deleted).await;
        deleted.map_err(|error| convert_error(chat, error))
    }
}

impl TelegramConnector {
    /// Edits a message with disabled buttons, or without buttons if the server does not know disabled buttons.
    async fn edit_with_buttons(
        &self,
        chat: i64,
        message: i64,
        text: &str,
        buttons: Option<Keyboard>,
    ) -> BotApiResult {
        let account = &self.account;
        let buttons = buttons.filter(|_| !account.lacks_disabled_buttons());
        if let Some(buttons) = buttons {
            match self.edit_in_forms(chat, message, text, Some(buttons)).await {
                Err(BotApiError::Refused(refusal)) if is_about_form(&refusal) => {
                    tracing::debug!(%refusal, "a card is shown without buttons");
                    let edited = self.edit_in_forms(chat, message, text, None).await;
                    if edited.is_ok() {
                        account.note_no_disabled_buttons();
                    }
                    return edited;
                }
                done => return done,
            }
        }
        self.edit_in_forms(chat, message, text, None).await
    }

    /// Edits a message with entities, or without them if Telegram refuses the entities.
    async fn edit_in_forms(
        &self,
        chat: i64,
        message: i64,
        text: &str,
        buttons: Option<Keyboard>,
    ) -> BotApiResult {
        let FormattedText { text, entities } = FormattedText::from_dialect(text);
        let has_entities = !entities.is_empty();
        let edit = EditBody::new(chat, message, text.clone(), entities);
        let edit = edit.with_buttons(buttons.clone());
        match self.account.api.edit_text(&edit).await {
            Err(BotApiError::Refused(refusal)) if has_entities && is_about_form(&refusal) => {
                let plain = EditBody::new(chat, message, text, Vec::new());
                let plain = plain.with_buttons(buttons);
                self.account.api.edit_text(&plain).await
            }
            done => done,
        }
    }
}

fn is_about_form(refusal: &TelegramRefusal) -> bool {
    refusal.is_about_form() && !refusal.is_unchanged()
}
