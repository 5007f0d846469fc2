//! New messages.

use baton_chat::connector::{ConnectorError, OutgoingMessage, SendKey, SendTarget, Urgency};
use baton_core::name::ExternalId;

use super::discord_account::DiscordAccount;
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
    let nonce = key.map(|key| key.to_text(limits::NONCE));
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
