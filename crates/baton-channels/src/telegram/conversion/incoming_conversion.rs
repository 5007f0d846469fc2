//! Telegram's messages in the form of the chat layer.

use baton_chat::connector::{
    ActionKind, ChatAction, IncomingMessage, PlatformTime, ReadableMessage, Sender,
    UnreadableMessage,
};
use baton_chat::http::tolerant_parsing;
use baton_chat::http::unreadable_object::UnreadableObject;
use baton_core::name::ExternalId;
use serde_json::Value;

use super::command_parsing::{ParsedCommand, parse_command};
use super::content_words::render_text;
use super::entity_rendering::find_own_mention;
use super::media_files::list_files;
use super::sender_conversion::{convert_actor, convert_sender};
use super::service_conversion::convert_notice;
use super::telegram_update::{
    DecodedCommand, DecodedMessage, JoiningMarks, ShownChat, TelegramEvent,
};
use crate::telegram::actions::form_answer::{convert_form_answer, find_prompt};
use crate::telegram::bot_context::BotContext;
use crate::telegram::chat_address::{ChatAddress, ephemeral_id};
use crate::telegram::telegram_wire::{
    MessageContent, TelegramChat, TelegramMessage, TelegramUser, has_content, parse_object,
    parse_optional_fields,
};

/// The kind of a message in logs.
const WHAT: &str = "a message of Telegram";

/// Whether a message is new or was edited.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum MessageNews {
    New,
    Edited,
}

/// Converts a message.
pub(crate) fn convert_message(
    bot: &BotContext,
    raw: &Value,
    news: MessageNews,
) -> (Option<ShownChat>, TelegramEvent) {
    let message: TelegramMessage = match parse_object(WHAT, raw, &TelegramMessage::ESSENTIAL) {
        Ok(message) => message,
        Err(unreadable) => {
            let unreadable = convert_unreadable(bot, &unreadable);
            return (None, unreadable_event(unreadable, news));
        }
    };
    let shown = ShownChat::new(&message.chat, topic_of(&message));
    let event = convert_readable(bot, raw, &message, &shown, news);
    (Some(shown), event)
}

fn convert_readable(
    bot: &BotContext,
    raw: &Value,
    message: &TelegramMessage,
    shown: &ShownChat,
    news: MessageNews,
) -> TelegramEvent {
    if message.business_connection_id.is_some() {
        return TelegramEvent::Ignored("a message of a business account");
    }
    if message.chat.is_direct_messages {
        return TelegramEvent::Ignored("a direct message to a channel");
    }
    if !has_content(raw) {
        return match news {
            MessageNews::New => convert_notice(bot, raw, message),
            MessageNews::Edited => TelegramEvent::Ignored("an edited notice of the platform"),
        };
    }
    let refuse = |reason: &str| {
        let object = UnreadableObject {
            fields: raw.clone(),
            raw: raw.to_string(),
            reason: reason.to_owned(),
        };
        unreadable_event(convert_unreadable(bot, &object), news)
    };
    let Some(id) = message_id(message, shown.address) else {
        return refuse("the number of the message is missing");
    };
    let (user, chat) = (message.from.as_ref(), message.sender_chat.as_ref());
    let signature = message.author_signature.as_deref();
    let Some(sender) = convert_sender(bot, user, chat, signature) else {
        return refuse("the author is missing");
    };
    let content: MessageContent = parse_optional_fields(WHAT, raw);
    let parts = MessageParts {
        id,
        sender,
        address: shown.address,
        message,
        content: &content,
    };
    let found = find_command(bot, &parts);
    // An edit runs no command.
    let is_edited_command = news == MessageNews::Edited && found != FoundCommand::Nothing;
    let command = if is_edited_command {
        FoundCommand::Nothing
    } else {
        found
    };
    if command == FoundCommand::OfAnotherBot {
        return TelegramEvent::Ignored("a command for another bot");
    }
    if message.ephemeral_message_id.is_some() && command == FoundCommand::Nothing {
        // The answer would be visible to everybody in the chat.
        return TelegramEvent::Ignored("an ephemeral message without a command");
    }
    if command == FoundCommand::Nothing
        && let Some(prompt) = find_prompt(bot, message)
    {
        return match news {
            MessageNews::New => {
                let answer = convert_form_answer(prompt, &parts.sender, message, shown);
                TelegramEvent::FormAnswer(Box::new(answer))
            }
            MessageNews::Edited => TelegramEvent::Ignored("an edited reply to a prompt"),
        };
    }
    let mut base = parts.to_readable(bot);
    // The new words replace those of a waiting message. The edit of a command makes no message.
    base.mentions_us &= !is_edited_command;
    if let FoundCommand::Ours(kind) = command {
        return command_event(base, kind, &parts, shown);
    }
    let has_files = !base.files.is_empty();
    let render = || render_text(bot, message, &content, has_files);
    let converted = match IncomingMessage::with_text(base, render) {
        IncomingMessage::Readable(it) if it.text.is_empty() && it.files.is_empty() => {
            return refuse("the content cannot be read");
        }
        converted => converted,
    };
    let decoded = Box::new(DecodedMessage {
        message: converted,
        marks: joining_marks(raw, message),
    });
    match news {
        MessageNews::New => TelegramEvent::Message(decoded),
        MessageNews::Edited => TelegramEvent::Edit(decoded),
    }
}

/// The parts of a message that are known before its text.
struct MessageParts<'a> {
    id: ExternalId,
    sender: Sender,
    address: ChatAddress,
    message: &'a TelegramMessage,
    content: &'a MessageContent,
}

impl MessageParts<'_> {
    /// The message without its text.
    fn to_readable(&self, bot: &BotContext) -> ReadableMessage {
        let message = self.message;
        let number = message.ephemeral_message_id.unwrap_or(message.message_id);
        let replied = message.replied_to().filter(|it| it.message_id > 0);
        ReadableMessage {
            id: self.id.clone(),
            chat: self.address.into(),
            position: self.address.message(message.message_id).position(),
            workspace: None,
            is_direct: self.address.is_private(),
            sender: self.sender.clone(),
            is_from_person: !message.is_automatic_forward,
            mentions_us: mentions_us(bot, message),
            // Telegram does not tell this.
            is_silent: false,
            text: String::new(),
            // The bot does not receive its own messages.
            button_names: Vec::new(),
            files: list_files(self.content, number),
            reply_to: replied.map(|it| self.address.message(it.message_id).into()),
            sent_at: platform_time(message.date),
            edited_at: platform_time(message.edit_date),
            part_ids: Vec::new(),
            is_joined: false,
        }
    }
}

/// The command at the start of a message.
#[derive(Debug, PartialEq, Eq)]
enum FoundCommand {
    Ours(ActionKind),
    OfAnotherBot,
    Nothing,
}

/// Looks for a command. Forwarded words and the posts of a channel are no commands. A caption in an album belongs to all
/// its photos, which the agent gets with their words.
fn find_command(bot: &BotContext, parts: &MessageParts<'_>) -> FoundCommand {
    let message = parts.message;
    let is_forwarded = message.forward_origin.is_some() || message.is_automatic_forward;
    if is_forwarded || parts.sender.is_us || message.media_group_id.is_some() {
        return FoundCommand::Nothing;
    }
    match parse_command(bot, message.words()) {
        ParsedCommand::Ours { command, options } => FoundCommand::Ours(ActionKind::Command {
            name: command.name.clone(),
            options,
        }),
        ParsedCommand::OfAnotherBot => FoundCommand::OfAnotherBot,
        ParsedCommand::OnlyNamesUs(_) | ParsedCommand::Nothing => FoundCommand::Nothing,
    }
}

fn command_event(
    base: ReadableMessage,
    kind: ActionKind,
    parts: &MessageParts<'_>,
    shown: &ShownChat,
) -> TelegramEvent {
    let action = ChatAction {
        chat: base.chat.clone(),
        info: Some(shown.to_info(false)),
        workspace: None,
        actor: convert_actor(&parts.sender, shown.address.is_private()),
        kind,
    };
    let message = ReadableMessage {
        text: parts.message.words().to_owned(),
        ..base
    };
    TelegramEvent::Command(Box::new(DecodedCommand {
        message,
        action,
        ephemeral: parts.message.ephemeral_message_id,
    }))
}

/// Whether a message calls the bot: by a mention, by the name behind a command, or by a reply.
fn mentions_us(bot: &BotContext, message: &TelegramMessage) -> bool {
    let replied = message.replied_to().and_then(|it| it.from.as_ref());
    if replied.is_some_and(|user| bot.is_us(user)) {
        return true;
    }
    // The words of a forwarded message are words of somebody else.
    if message.forward_origin.is_some() {
        return false;
    }
    let words = message.words();
    let names_us = match parse_command(bot, words) {
        ParsedCommand::OnlyNamesUs(_) => true,
        ParsedCommand::Ours { .. } => words
            .split_whitespace()
            .next()
            .is_some_and(|first| first.contains('@')),
        ParsedCommand::OfAnotherBot | ParsedCommand::Nothing => false,
    };
    names_us || find_own_mention(bot, words, message.word_entities())
}

/// The topic of a message. In a group without topics, the number is a chain of replies.
fn topic_of(message: &TelegramMessage) -> Option<i64> {
    message
        .message_thread_id
        .filter(|_| message.is_topic_message)
}

/// The id of a message; `None` without a number.
fn message_id(message: &TelegramMessage, address: ChatAddress) -> Option<ExternalId> {
    if let Some(number) = message.ephemeral_message_id {
        let user = message.from.as_ref().map(|user| user.id.to_string());
        let user = user.unwrap_or_default();
        return Some(ephemeral_id(address.chat, &user, number));
    }
    let is_number = message.message_id > 0;
    is_number.then(|| address.message(message.message_id).into())
}

/// A time of Telegram, which counts seconds.
fn platform_time(seconds: Option<i64>) -> Option<PlatformTime> {
    let seconds = seconds.filter(|seconds| *seconds > 0)?;
    Some(PlatformTime(seconds.saturating_mul(1_000)))
}

fn joining_marks(raw: &Value, message: &TelegramMessage) -> JoiningMarks {
    let text = message.text.as_deref();
    let has_rich_text = raw.get("rich_message").is_some();
    let is_reply = message.replied_to().is_some()
        || message.external_reply.is_some()
        || message.quote.is_some()
        || message.reply_to_story.is_some();
    JoiningMarks {
        album: message.media_group_id.clone(),
        text_units: text
            .filter(|_| !has_rich_text)
            .map(|text| text.encode_utf16().count()),
        is_reply,
        is_forwarded: message.forward_origin.is_some(),
        date: message.date,
    }
}

fn unreadable_event(message: UnreadableMessage, news: MessageNews) -> TelegramEvent {
    match news {
        MessageNews::New => TelegramEvent::Unreadable(Box::new(message)),
        MessageNews::Edited => TelegramEvent::Edit(Box::new(DecodedMessage {
            message: IncomingMessage::Unreadable(Box::new(message)),
            marks: JoiningMarks::default(),
        })),
    }
}

/// The readable parts of an unreadable message.
pub(crate) fn convert_unreadable(
    bot: &BotContext,
    message: &UnreadableObject,
) -> UnreadableMessage {
    let chat = message.fields.get("chat").and_then(|chat| chat.get("id"));
    let topic: Option<i64> = message.read_field("message_thread_id");
    let is_in_topic = message.read_field("is_topic_message").unwrap_or(false);
    let address = chat.and_then(Value::as_i64).filter(|chat| *chat != 0);
    let address = address.map(|chat| ChatAddress::new(chat, topic.filter(|_| is_in_topic)));
    let number: Option<i64> = message.read_field("message_id");
    let numbered = address.zip(number.filter(|number| *number > 0));
    let numbered = numbered.map(|(address, number)| address.message(number));
    UnreadableMessage {
        id: numbered.map(Into::into),
        position: numbered.map(crate::telegram::chat_address::MessageAddress::position),
        chat: address.map(Into::into),
        workspace: None,
        sender: read_sender(bot, message),
        may_be_from_person: !message.fields.is_object() || has_content(&message.fields),
        may_mention_us: may_mention_us(bot, &message.raw),
        text: message
            .read_field("text")
            .or_else(|| message.read_field("caption")),
        raw: message.raw_beginning(),
        reason: message.reason.clone(),
    }
}

/// The author of an unreadable message; `None` if the author may be a chat, or may or may not be a bot.
fn read_sender(bot: &BotContext, message: &UnreadableObject) -> Option<Sender> {
    let chat = message.fields.get("sender_chat");
    let chat = match chat.filter(|chat| !chat.is_null()) {
        Some(chat) => {
            let chat = tolerant_parsing::parse_object::<TelegramChat>("a chat", chat.clone(), &[]);
            Some(chat.ok()?)
        }
        None => None,
    };
    let user = message.read_field("from").and_then(|user: Value| {
        let user = tolerant_parsing::parse_object::<TelegramUser>("an author", user, &["is_bot"]);
        user.ok()
    });
    convert_sender(bot, user.as_ref(), chat.as_ref(), None)
}

/// Whether the raw form of a message has the name or the number of the bot.
fn may_mention_us(bot: &BotContext, raw: &str) -> bool {
    let name = bot.username.to_ascii_lowercase();
    let has_name = !name.is_empty() && raw.to_ascii_lowercase().contains(&name);
    has_name || raw.contains(&bot.id.to_string())
}
