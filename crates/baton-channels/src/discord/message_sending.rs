//! New messages, and edits, deletions and marks of messages.

use async_trait::async_trait;
use baton_chat::connector::{
    Button, ButtonLook, ChatId, ConnectorError, MessageEdit, OutgoingMessage, OwnRevisions,
    Reactions, SendKey, SendTarget, Typing, Urgency,
};
use baton_core::id::DeliveryId;
use baton_core::name::ExternalId;

use super::discord_connector::DiscordConnector;
use super::discord_id::Id;
use super::message_conversion::{parse_id, to_message_id};
use super::rest::{
    ActionRow, AllowedMentions, AttachmentUpload, CreateMessage, EditMessage, MessageButton,
    ReplyReference,
};
use super::type_numbers::{ButtonStyle, MessageFlags};
use super::{DiscordAccount, limits};

/// Sends one message. Discord recognizes a repeated message by its nonce, which the key gives.
pub(super) async fn send_message(
    account: &DiscordAccount,
    target: &SendTarget,
    message: &OutgoingMessage,
    key: Option<&SendKey>,
    urgency: Urgency,
) -> Result<Option<ExternalId>, ConnectorError> {
    let channel = parse_id(target.chat.as_str())?;
    let answers = target.reply_to.as_ref().map(ExternalId::as_str);
    let answers = answers.map(parse_id).transpose()?;
    let nonce = key.map(key_nonce).transpose()?;
    let create = CreateMessage {
        components: arrange_buttons(&message.buttons),
        enforce_nonce: nonce.is_some().then_some(true),
        nonce,
        allowed_mentions: Some(if message.is_silent {
            AllowedMentions::NONE
        } else {
            AllowedMentions::NONE_IN_REPLY
        }),
        message_reference: answers.map(|message_id| ReplyReference {
            message_id,
            fail_if_not_exists: false,
        }),
        attachments: AttachmentUpload::list_files(&message.files),
        flags: message
            .is_silent
            .then_some(MessageFlags::SUPPRESS_NOTIFICATIONS),
        ..CreateMessage::with_content(message.text.as_str())
    };
    let (rest, files) = (&account.rest, message.files.clone());
    let sent = rest.create_message(channel, &create, files, urgency.into());
    Ok(Some(to_message_id(sent.await?.id)))
}

/// The buttons in rows, as Discord wants them. Buttons without room are left out.
pub(super) fn arrange_buttons(buttons: &[Button]) -> Vec<ActionRow> {
    let buttons = buttons.iter().map(|button| {
        let style = match button.style {
            ButtonLook::Primary => ButtonStyle::PRIMARY,
            ButtonLook::Positive => ButtonStyle::SUCCESS,
            ButtonLook::Negative => ButtonStyle::DANGER,
            ButtonLook::Secondary => ButtonStyle::SECONDARY,
        };
        MessageButton::new(style, button.label.as_str(), button.action.as_str())
    });
    let buttons: Vec<_> = buttons.collect();
    let rows = buttons.chunks(limits::BUTTONS).take(limits::ROWS);
    rows.map(|row| ActionRow::new(row.to_vec())).collect()
}

fn key_nonce(key: &SendKey) -> Result<String, ConnectorError> {
    let answered = parse_id(key.answered.as_str())?;
    Ok(delivery_nonce(answered, key.delivery, key.part))
}

/// The nonce by which Discord recognizes a message for a few minutes. Two messages never share a nonce, even
/// if the delivery numbers start again with another data folder.
fn delivery_nonce(message: Id, delivery: DeliveryId, number: usize) -> String {
    let nonce = format!("{:x}-{:x}-{number:x}", message.0, delivery.0);
    // The front is the same for all messages of a year, so the front can be cut off.
    let missed = nonce.len().saturating_sub(limits::NONCE);
    nonce.chars().skip(missed).collect()
}

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
        let edit = EditMessage {
            content: edit.text.clone(),
            components: edit.removes_buttons.then(Vec::new),
            allowed_mentions: AllowedMentions::NONE,
        };
        let rest = &self.account.rest;
        let edited = rest.edit_message(channel, message, &edit, urgency.into());
        Ok(edited.await?)
    }

    async fn delete(&self, chat: &ChatId, message: &ExternalId) -> Result<(), ConnectorError> {
        let (channel, message) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        Ok(self.account.rest.delete_message(channel, message).await?)
    }
}

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
        Ok(rest.create_reaction(channel, message, emoji).await?)
    }

    async fn remove(
        &self,
        chat: &ChatId,
        message: &ExternalId,
        emoji: &str,
    ) -> Result<(), ConnectorError> {
        let (channel, message) = (parse_id(chat.as_str())?, parse_id(message.as_str())?);
        let rest = &self.account.rest;
        Ok(rest.delete_own_reaction(channel, message, emoji).await?)
    }
}

#[async_trait]
impl Typing for DiscordConnector {
    async fn show_typing(&self, chat: &ChatId) -> Result<(), ConnectorError> {
        let channel = parse_id(chat.as_str())?;
        Ok(self.account.rest.trigger_typing(channel).await?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_nonce_is_short_and_a_messages_own() {
        let nonce =
            |message, delivery, number| delivery_nonce(Id(message), DeliveryId(delivery), number);
        let most = nonce(u64::MAX, i64::MAX, 99);
        assert!(most.len() <= limits::NONCE, "{most}");
        let message = 1_400_000_000_000_000_000;
        assert_ne!(nonce(message, 1, 0), nonce(message, 1, 1));
        assert_ne!(nonce(message, 1, 0), nonce(message, 2, 0));
        assert_ne!(nonce(message, 1, 0), nonce(message + 1, 1, 0));
    }
}
