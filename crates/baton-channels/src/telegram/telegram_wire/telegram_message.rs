//! Messages: the author, the chat, the text, and the relation to other messages.

use baton_chat::http::tolerant_parsing;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::Value;

use super::{MessageContent, TelegramChat, TelegramUser, parse_optional_fields};

/// A message, without its content besides text.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TelegramMessage {
    /// The number in the chat; 0 for an ephemeral message.
    #[serde(default)]
    pub(crate) message_id: i64,
    /// The number of a message that only one person and the bot see.
    pub(crate) ephemeral_message_id: Option<i64>,
    pub(crate) chat: TelegramChat,
    /// The number of the topic, or in other groups of a chain of replies.
    pub(crate) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(crate) is_topic_message: bool,
    /// The author. Behind a chat as the author, this is a service account.
    pub(crate) from: Option<TelegramUser>,
    /// The chat that is the author: the group of an anonymous administrator, or a channel.
    pub(crate) sender_chat: Option<TelegramChat>,
    pub(crate) author_signature: Option<String>,
    /// In seconds since 1970.
    pub(crate) date: Option<i64>,
    /// In seconds since 1970.
    pub(crate) edit_date: Option<i64>,
    /// The connection to the business account of a person.
    pub(crate) business_connection_id: Option<String>,
    /// Whether Telegram copied the message from the channel of the group.
    #[serde(default)]
    pub(crate) is_automatic_forward: bool,
    pub(crate) forward_origin: Option<MessageOrigin>,
    pub(crate) reply_to_message: Option<RepliedMessage>,
    pub(crate) external_reply: Option<ExternalReply>,
    pub(crate) quote: Option<TextQuote>,
    pub(crate) reply_to_story: Option<IgnoredAny>,
    pub(crate) media_group_id: Option<String>,
    pub(crate) text: Option<String>,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    entities: Vec<MessageEntity>,
    pub(crate) caption: Option<String>,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    caption_entities: Vec<MessageEntity>,
}

impl TelegramMessage {
    /// Fields that must be readable. Without these fields, Baton could answer a person without the right to speak
    /// to the bot, answer other words than the author wrote, or answer in another place.
    pub(crate) const ESSENTIAL: [&str; 11] = [
        "text",
        "caption",
        "from",
        "from.is_bot",
        "sender_chat",
        "forward_origin",
        "is_automatic_forward",
        "is_topic_message",
        "message_thread_id",
        "ephemeral_message_id",
        "business_connection_id",
    ];

    /// The written words: the text or the caption.
    pub(crate) fn words(&self) -> &str {
        let words = self.text.as_deref().or(self.caption.as_deref());
        words.unwrap_or_default()
    }

    /// The marked parts of [`Self::words`].
    pub(crate) fn word_entities(&self) -> &[MessageEntity] {
        if self.text.is_some() {
            &self.entities
        } else {
            &self.caption_entities
        }
    }

    /// The message that a person replies to. In a topic, Telegram shows each other message as a reply to the notice
    /// about the creation of the topic.
    pub(crate) fn replied_to(&self) -> Option<&RepliedMessage> {
        let topic = self.message_thread_id.filter(|_| self.is_topic_message);
        let replied = self.reply_to_message.as_ref()?;
        let is_notice = replied.forum_topic_created.is_some() || topic == Some(replied.message_id);
        (!is_notice).then_some(replied)
    }
}

/// The fields with content that people send. A message without any of these fields is a notice of the platform.
const CONTENT: [&str; 23] = [
    "text",
    "caption",
    "animation",
    "audio",
    "checklist",
    "contact",
    "dice",
    "document",
    "game",
    "giveaway",
    "invoice",
    "live_photo",
    "location",
    "paid_media",
    "photo",
    "poll",
    "rich_message",
    "sticker",
    "story",
    "venue",
    "video",
    "video_note",
    "voice",
];

/// Whether a message has content, readable or not.
pub(crate) fn has_content(message: &Value) -> bool {
    let mut fields = CONTENT.iter().filter_map(|name| message.get(name));
    fields.any(|field| !field.is_null())
}

/// The message that another message replies to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct RepliedMessage {
    #[serde(default)]
    pub(crate) message_id: i64,
    pub(crate) from: Option<TelegramUser>,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(crate) entities: Vec<MessageEntity>,
    forum_topic_created: Option<IgnoredAny>,
}

/// The message of another chat that a message replies to.
#[derive(Clone, Debug, Deserialize)]
#[serde(transparent)]
pub(crate) struct ExternalReply(Value);

impl ExternalReply {
    /// The author of the message; `None` if unreadable.
    pub(crate) fn origin(&self) -> Option<MessageOrigin> {
        let origin = self.0.get("origin")?.clone();
        tolerant_parsing::parse_value("the origin of a reply", origin).ok()
    }

    /// The content of the message besides text.
    pub(crate) fn content(&self) -> MessageContent {
        parse_optional_fields("a message of another chat", &self.0)
    }
}

/// The quoted part of the message that another message replies to.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct TextQuote {
    #[serde(default)]
    pub(crate) text: String,
}

/// The first author of a forwarded message. The fields depend on the kind of the author.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MessageOrigin {
    sender_user: Option<TelegramUser>,
    sender_user_name: Option<String>,
    sender_chat: Option<TelegramChat>,
    chat: Option<TelegramChat>,
}

impl MessageOrigin {
    /// The name of the author.
    pub(crate) fn name(&self) -> String {
        let user = self.sender_user.as_ref().map(TelegramUser::full_name);
        let chat = self.sender_chat.as_ref().or(self.chat.as_ref());
        let name = user
            .or_else(|| self.sender_user_name.clone())
            .or_else(|| chat.map(TelegramChat::title));
        name.unwrap_or_else(|| "somebody".to_owned())
    }
}

/// A marked part of a text. Offsets and lengths count UTF-16 units.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MessageEntity {
    #[serde(rename = "type")]
    pub(crate) kind: String,
    pub(crate) offset: usize,
    pub(crate) length: usize,
    /// The address behind a `text_link`.
    pub(crate) url: Option<String>,
    /// The person behind a `text_mention`.
    pub(crate) user: Option<TelegramUser>,
}
