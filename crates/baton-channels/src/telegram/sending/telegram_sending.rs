//! New messages. Each is sent in its usual form, and in simpler forms if Telegram refuses the form.

use baton_chat::connector::{
    ConnectorError, OutgoingFile, OutgoingMessage, SendKey, SendTarget, Urgency,
};
use baton_core::name::ExternalId;

use super::group_topics::{check_topic, require_topics};
use crate::telegram::bot_api::{
    BotApiError, BotApiResult, FileBody, MediaGroupBody, QuotedMessage, ReplyMarkup, RichText,
    SendOptions, SentMessage, TextBody,
};
use crate::telegram::chat_address::{ChatAddress, MessageAddress};
use crate::telegram::send_budget::send_priority::SendPriority;
use crate::telegram::telegram_account::{TelegramAccount, convert_error};
use crate::telegram::telegram_markdown::{FormattedText, fits_rich_message, repair_rich_piece};
use crate::telegram::telegram_settings::Rendering;

/// The mark of a message that an earlier try may have sent already. Each message has room for the mark.
pub(crate) const REPEATED: &str = "↻ Possibly repeated:\n\n";

/// Sends one message. Telegram recognizes no repeated message, so the key only tells a reply from progress.
pub(crate) async fn send_message(
    account: &TelegramAccount,
    target: &SendTarget,
    message: &OutgoingMessage,
    key: Option<&SendKey>,
    urgency: Urgency,
) -> Result<Option<ExternalId>, ConnectorError> {
    let address = ChatAddress::parse_chat(&target.chat)?;
    require_topics(account, address).await?;
    let quoted = target.reply_to.as_ref();
    let quoted = quoted.map(MessageAddress::parse_message).transpose()?;
    // A group that became a supergroup has new numbers, so its earlier messages cannot be quoted.
    let quoted = quoted.filter(|quoted| quoted.chat == address.chat);
    let options = SendOptions {
        disable_notification: message.is_silent,
        reply_parameters: quoted.map(|quoted| QuotedMessage {
            message_id: quoted.number,
        }),
        reply_markup: ReplyMarkup::from_buttons(&message.buttons),
        ..SendOptions::to_chat(address)
    };
    let priority = match (key, message.buttons.is_empty()) {
        (None, _) => SendPriority::ToolNotice,
        (Some(_), false) => SendPriority::Approval,
        (Some(_), true) => SendPriority::Reply,
    };
    let text = if message.is_maybe_repeated {
        [REPEATED, &message.text].concat()
    } else {
        message.text.clone()
    };
    let sent = async {
        if message.files.is_empty() {
            let sent = send_text(account, options, &text).await;
            sent.map(|sent| vec![sent])
        } else {
            send_files(account, options, &text, &message.files).await
        }
    };
    let sent = account.spend_turn(address.chat, priority, urgency, sent);
    let sent = sent.await?;
    let sent = sent.map_err(|error| convert_error(address.chat, error))?;
    let Some(first) = sent.first() else {
        let error = BotApiError::UnreadableAnswer {
            reason: "the list of sent messages is empty".to_owned(),
        };
        return Err(error.into());
    };
    check_topic(account, address, &sent).await?;
    Ok(Some(address.message(first.message_id).into()))
}

/// Sends a text: as a rich message if the settings want one, then with entities, then plain.
pub(crate) async fn send_text(
    account: &TelegramAccount,
    options: SendOptions,
    text: &str,
) -> BotApiResult<SentMessage> {
    let api = &account.api;
    let rich = repair_rich_piece(text);
    if account.settings.rendering == Rendering::Rich && fits_rich_message(&rich) {
        let rich = RichText::new(options.clone(), &rich);
        match api.send_rich_text(&rich).await {
            Err(error) if is_about_form(&error) => {
                tracing::warn!(%error, "Telegram refused a rich message, so the message is sent in a simpler form");
            }
            done => return done,
        }
    }
    let formatted = FormattedText::from_dialect(text);
    if !formatted.entities.is_empty() {
        let (text, entities) = (formatted.text.clone(), formatted.entities);
        let message = TextBody::new(options.clone(), text, entities);
        match api.send_text(&message).await {
            Err(error) if is_about_form(&error) => {
                tracing::warn!(%error, "Telegram refused the form of a message, so the message is sent without bold text, code and links");
            }
            done => return done,
        }
    }
    let plain = TextBody::new(options, formatted.text, Vec::new());
    api.send_text(&plain).await
}

/// Sends files with a text below the last one: with entities, or without them if Telegram refuses the entities.
async fn send_files(
    account: &TelegramAccount,
    options: SendOptions,
    text: &str,
    files: &[OutgoingFile],
) -> BotApiResult<Vec<SentMessage>> {
    let caption = FormattedText::from_dialect(text);
    if !caption.entities.is_empty() {
        match send_captioned(account, options.clone(), &caption, files).await {
            Err(error) if is_about_form(&error) => {
                tracing::warn!(%error, "Telegram refused the form of a caption, so the files are sent without bold text, code and links");
            }
            done => return done,
        }
    }
    let plain = FormattedText {
        entities: Vec::new(),
        ..caption
    };
    send_captioned(account, options, &plain, files).await
}

/// Sends files with this text below the last one. Returns the message of each file.
async fn send_captioned(
    account: &TelegramAccount,
    options: SendOptions,
    caption: &FormattedText,
    files: &[OutgoingFile],
) -> BotApiResult<Vec<SentMessage>> {
    if let [file] = files {
        let message = FileBody {
            options,
            caption: caption.text.clone(),
            caption_entities: caption.entities.clone(),
        };
        let sent = account.api.send_document(&message, file.clone()).await;
        return sent.map(|sent| vec![sent]);
    }
    let group =
        MediaGroupBody::of_documents(options, files.len(), &caption.text, &caption.entities);
    account.api.send_documents(&group, files.to_vec()).await
}

fn is_about_form(error: &BotApiError) -> bool {
    matches!(error, BotApiError::Refused(refusal) if refusal.is_about_form())
}
