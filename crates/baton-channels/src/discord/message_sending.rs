//! New messages.

use baton_chat::connector::{ConnectorError, OutgoingMessage, SendKey, SendTarget, Urgency};
use baton_core::id::DeliveryId;
use baton_core::name::ExternalId;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::limits;
use super::message_buttons::arrange_buttons;
use super::message_conversion::{parse_id, to_message_id};
use super::rest::{AllowedMentions, AttachmentUpload, CreateMessage, ReplyReference};
use super::type_numbers::MessageFlags;

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
