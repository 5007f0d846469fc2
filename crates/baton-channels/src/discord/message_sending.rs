//! New messages.

use baton_chat::connector::{ConnectorError, OutgoingMessage, SendKey, SendTarget, Urgency};
use baton_core::name::ExternalId;

use super::discord_account::DiscordAccount;
use super::discord_id::parse_id;
use super::discord_sizes;
use super::rest::{
    MessageBody, arrange_buttons, mention_nobody, mention_nobody_in_reply, refer_to,
};
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
    let body = MessageBody {
        components: arrange_buttons(&message.buttons),
        nonce: key.map(|key| key.to_text(discord_sizes::NONCE)),
        enforce_nonce: key.is_some().then_some(true),
        allowed_mentions: Some(if message.is_silent {
            mention_nobody()
        } else {
            mention_nobody_in_reply()
        }),
        message_reference: answers.map(refer_to),
        flags: message
            .is_silent
            .then_some(MessageFlags::SUPPRESS_NOTIFICATIONS),
        files: message.files.clone(),
        ..MessageBody::with_content(&message.text)
    };
    let sent = account.rest.create_message(channel, &body, urgency);
    Ok(Some(sent.await?.id.into()))
}
