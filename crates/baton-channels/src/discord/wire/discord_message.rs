//! Messages, with attachments, embeds and other content besides text.

use baton_chat::http::tolerant_parsing::{self, PartialValue};
use serde::Deserialize;
use serde_json::Value;

use super::{DiscordUser, GuildMember};
use crate::discord::discord_id::Id;
use crate::discord::type_numbers::MessageFlags;

/// A message from the gateway or from REST.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct DiscordMessage {
    pub(in crate::discord) id: Id,
    pub(in crate::discord) channel_id: Id,
    /// Missing in messages from REST.
    pub(in crate::discord) guild_id: Option<Id>,
    pub(in crate::discord) author: DiscordUser,
    /// Missing in messages from REST.
    pub(in crate::discord) member: Option<GuildMember>,
    #[serde(default)]
    pub(in crate::discord) content: String,
    /// The type of the message. People write [`DiscordMessage::PLAIN`] and [`DiscordMessage::REPLY`].
    #[serde(default, rename = "type")]
    pub(in crate::discord) kind: u64,
    /// The time of the last edit.
    pub(in crate::discord) edited_timestamp: Option<String>,
    #[serde(default)]
    pub(in crate::discord) flags: MessageFlags,
    pub(in crate::discord) webhook_id: Option<Id>,
    #[serde(default)]
    pub(in crate::discord) mentions: Vec<DiscordUser>,
    #[serde(default)]
    pub(in crate::discord) mention_roles: Vec<Id>,
    #[serde(default)]
    pub(in crate::discord) attachments: Vec<DiscordAttachment>,
    /// Rows of buttons.
    #[serde(default)]
    pub(in crate::discord) components: Vec<Value>,
    #[serde(rename = "message_reference")]
    reference: Option<MessageReference>,
    #[serde(rename = "referenced_message")]
    pub(in crate::discord) answered: Option<ReferencedMessage>,
    #[serde(default)]
    pub(in crate::discord) embeds: Vec<MessageEmbed>,
    #[serde(default)]
    pub(in crate::discord) sticker_items: Vec<StickerItem>,
    pub(in crate::discord) poll: Option<MessagePoll>,
    #[serde(default, rename = "message_snapshots")]
    pub(in crate::discord) forwarded: Vec<MessageSnapshot>,
}

impl DiscordMessage {
    pub(in crate::discord) const PLAIN: u64 = 0;
    pub(in crate::discord) const REPLY: u64 = 19;

    /// Whether the message has a type for people. Discord's own notices have other types.
    pub(in crate::discord) fn is_from_person(&self) -> bool {
        Self::is_kind_of_people(self.kind)
    }

    fn is_kind_of_people(kind: u64) -> bool {
        matches!(kind, Self::PLAIN | Self::REPLY)
    }

    /// The message that this message replies to.
    pub(in crate::discord) fn replied_to(&self) -> Option<Id> {
        let reference = self.reference.as_ref().filter(|_| self.kind == Self::REPLY);
        reference?.message_id
    }

    /// Whether the message replies to a message of this user.
    pub(in crate::discord) fn replies_to(&self, somebody: Id) -> bool {
        let answered = self.answered.as_ref().filter(|_| self.kind == Self::REPLY);
        answered.is_some_and(|answered| answered.author.id == somebody)
    }

    /// The files of the message, and the files of forwarded messages.
    pub(in crate::discord) fn all_files(&self) -> Vec<&DiscordAttachment> {
        let forwarded = self.forwarded.iter();
        let forwarded = forwarded.flat_map(|forwarded| &forwarded.message.attachments);
        self.attachments.iter().chain(forwarded).collect()
    }
}

/// Fields that must be readable. Without these fields, Baton could answer a person without the right to speak
/// to the bot, or answer other words than the author wrote.
const ESSENTIAL: [&str; 4] = ["type", "content", "author.bot", "webhook_id"];

/// A message, readable or not.
#[derive(Clone, Debug)]
pub(in crate::discord) enum WireMessage {
    Read(Box<DiscordMessage>),
    Unreadable(Box<UnreadableWireMessage>),
}

/// An unreadable message, with its readable parts.
#[derive(Clone, Debug)]
pub(in crate::discord) struct UnreadableWireMessage {
    pub(in crate::discord) id: Option<Id>,
    pub(in crate::discord) channel: Option<Id>,
    /// The server, if Discord tells it.
    pub(in crate::discord) server: Option<Id>,
    /// The author, if readable, and whether the author is a bot or webhook.
    pub(in crate::discord) author: Option<DiscordUser>,
    /// The type of the message, if readable.
    pub(in crate::discord) kind: Option<u64>,
    /// The text, if readable.
    pub(in crate::discord) content: Option<String>,
    /// The whole message in raw form.
    raw: String,
    pub(in crate::discord) reason: String,
}

impl WireMessage {
    /// Parses a message. `channel`, if given, replaces the channel in the JSON.
    pub(in crate::discord) fn parse(mut value: Value, channel: Option<Id>) -> Self {
        if let (Some(channel), Some(fields)) = (channel, value.as_object_mut()) {
            fields.insert("channel_id".to_owned(), channel.to_string().into());
        }
        // Most messages are valid, so the fast path comes first.
        if let Ok(read) = DiscordMessage::deserialize(&value) {
            return Self::Read(Box::new(read));
        }
        let raw = value.clone();
        let reason = match tolerant_parsing::parse_partly::<DiscordMessage>(value) {
            Ok(PartialValue { read, left_out }) => {
                let Some(essential) = left_out.iter().find(|it| ESSENTIAL.contains(&it.as_str()))
                else {
                    if !left_out.is_empty() {
                        tracing::warn!(
                            external_id = %read.id, channel = %read.channel_id, parts = left_out.join(", "),
                            "parts of a message are unreadable, and are left out"
                        );
                    }
                    return Self::Read(Box::new(read));
                };
                format!("{essential} cannot be read")
            }
            Err(error) => error.to_string(),
        };
        Self::Unreadable(Box::new(UnreadableWireMessage::from_value(&raw, reason)))
    }

    pub(in crate::discord) fn id(&self) -> Option<Id> {
        match self {
            Self::Read(message) => Some(message.id),
            Self::Unreadable(message) => message.id,
        }
    }

    /// The message, if it was readable.
    pub(in crate::discord) fn into_read(self) -> Option<DiscordMessage> {
        match self {
            Self::Read(message) => Some(*message),
            Self::Unreadable(_) => None,
        }
    }
}

impl UnreadableWireMessage {
    fn from_value(value: &Value, reason: String) -> Self {
        let field = |name: &str| value.get(name).filter(|field| !field.is_null());
        let id = |name: &str| Id::deserialize(field(name)?).ok();
        let kind = field("type");
        let kind = kind.map_or(Some(DiscordMessage::PLAIN), Value::as_u64);
        let content = field("content").and_then(Value::as_str);
        Self {
            id: id("id"),
            channel: id("channel_id"),
            server: id("guild_id"),
            author: parse_author(value),
            kind,
            content: content.map(str::to_owned),
            raw: value.to_string(),
            reason,
        }
    }

    /// An unreadable message with only an id and a channel.
    pub(in crate::discord) fn with_id(
        id: Option<Id>,
        channel: Id,
        raw: String,
        reason: String,
    ) -> Self {
        Self {
            id,
            channel: Some(channel),
            server: None,
            author: None,
            kind: None,
            content: None,
            raw,
            reason,
        }
    }

    /// The beginning of the raw form.
    pub(in crate::discord) fn raw_beginning(&self) -> String {
        tolerant_parsing::cut_bytes(&self.raw, tolerant_parsing::RAW)
    }

    /// Whether the message contains this id.
    pub(in crate::discord) fn mentions_id(&self, somebody: Id) -> bool {
        self.raw.contains(&somebody.to_string())
    }

    /// Whether a person may have written the message, as far as it is readable.
    pub(in crate::discord) fn may_be_from_person(&self) -> bool {
        self.kind.is_none_or(DiscordMessage::is_kind_of_people)
    }
}

/// The author of a message; `None` if the author may or may not be a bot.
fn parse_author(message: &Value) -> Option<DiscordUser> {
    let author = message.get("author")?.clone();
    let PartialValue { mut read, left_out } =
        tolerant_parsing::parse_partly::<DiscordUser>(author).ok()?;
    if left_out.iter().any(|part| part == "bot") {
        return None;
    }
    let webhook = message.get("webhook_id");
    read.bot |= webhook.is_some_and(|id| !id.is_null() && *id != "0");
    Some(read)
}

/// The message that another message replies to or forwards.
#[derive(Clone, Debug, Deserialize)]
struct MessageReference {
    message_id: Option<Id>,
}

/// The message that another message replies to, with the fields that Baton reads.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct ReferencedMessage {
    pub(in crate::discord) author: DiscordUser,
}

/// An embed: a box below the text, with a title, texts and a link.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct MessageEmbed {
    pub(in crate::discord) title: Option<String>,
    pub(in crate::discord) description: Option<String>,
    pub(in crate::discord) url: Option<String>,
    pub(in crate::discord) author: Option<EmbedAuthor>,
    #[serde(default)]
    pub(in crate::discord) fields: Vec<EmbedField>,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct EmbedAuthor {
    #[serde(default)]
    pub(in crate::discord) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct EmbedField {
    #[serde(default)]
    pub(in crate::discord) name: String,
    #[serde(default)]
    pub(in crate::discord) value: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct StickerItem {
    #[serde(default)]
    pub(in crate::discord) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct MessagePoll {
    pub(in crate::discord) question: PollMedia,
    #[serde(default)]
    pub(in crate::discord) answers: Vec<PollAnswer>,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct PollAnswer {
    pub(in crate::discord) poll_media: PollMedia,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct PollMedia {
    pub(in crate::discord) text: Option<String>,
}

/// A forwarded message.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct MessageSnapshot {
    pub(in crate::discord) message: SnapshotMessage,
}

/// The content of a forwarded message at the time of the forwarding.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct SnapshotMessage {
    #[serde(default)]
    pub(in crate::discord) content: String,
    #[serde(default)]
    pub(in crate::discord) attachments: Vec<DiscordAttachment>,
    #[serde(default)]
    pub(in crate::discord) embeds: Vec<MessageEmbed>,
    #[serde(default)]
    pub(in crate::discord) sticker_items: Vec<StickerItem>,
}

/// A file of a message.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct DiscordAttachment {
    #[serde(default)]
    pub(in crate::discord) filename: String,
    /// In bytes.
    #[serde(default)]
    pub(in crate::discord) size: u64,
    /// Empty if Discord does not send it.
    #[serde(default)]
    pub(in crate::discord) url: String,
}
