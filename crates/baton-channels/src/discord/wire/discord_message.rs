//! Messages, with attachments, embeds and other content besides text.

use baton_chat::http::tolerant_parsing;
use baton_chat::http::unreadable_object::UnreadableObject;
use serde::Deserialize;
use serde_json::Value;

use super::{DiscordUser, GuildMember};
use crate::discord::discord_id::Id;
use crate::discord::type_numbers::MessageFlags;

/// A message from the gateway or from REST.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DiscordMessage {
    pub(crate) id: Id,
    pub(crate) channel_id: Id,
    /// Missing in messages from REST.
    pub(crate) guild_id: Option<Id>,
    pub(crate) author: DiscordUser,
    /// Missing in messages from REST.
    pub(crate) member: Option<GuildMember>,
    #[serde(default)]
    pub(crate) content: String,
    /// The type of the message. People write [`DiscordMessage::PLAIN`] and [`DiscordMessage::REPLY`].
    #[serde(default, rename = "type")]
    pub(crate) kind: u64,
    /// The time of the last edit.
    pub(crate) edited_timestamp: Option<String>,
    #[serde(default)]
    pub(crate) flags: MessageFlags,
    pub(crate) webhook_id: Option<Id>,
    #[serde(default)]
    pub(crate) mentions: Vec<DiscordUser>,
    #[serde(default)]
    pub(crate) mention_roles: Vec<Id>,
    #[serde(default)]
    pub(crate) attachments: Vec<DiscordAttachment>,
    /// Rows of buttons.
    #[serde(default)]
    components: Vec<Value>,
    #[serde(rename = "message_reference")]
    reference: Option<MessageReference>,
    #[serde(rename = "referenced_message")]
    pub(crate) answered: Option<ReferencedMessage>,
    #[serde(default)]
    pub(crate) embeds: Vec<MessageEmbed>,
    #[serde(default)]
    pub(crate) sticker_items: Vec<NamedItem>,
    pub(crate) poll: Option<MessagePoll>,
    #[serde(default, rename = "message_snapshots")]
    pub(crate) forwarded: Vec<MessageSnapshot>,
}

impl DiscordMessage {
    pub(crate) const PLAIN: u64 = 0;
    pub(crate) const REPLY: u64 = 19;

    /// Whether people write messages of this type. Discord's own notices have other types.
    pub(crate) fn is_kind_of_people(kind: u64) -> bool {
        matches!(kind, Self::PLAIN | Self::REPLY)
    }

    /// The message that this message replies to.
    pub(crate) fn replied_to(&self) -> Option<Id> {
        let reference = self.reference.as_ref().filter(|_| self.kind == Self::REPLY);
        reference?.message_id
    }

    /// Whether the message replies to a message of this user.
    pub(crate) fn replies_to(&self, somebody: Id) -> bool {
        let answered = self.answered.as_ref().filter(|_| self.kind == Self::REPLY);
        answered.is_some_and(|answered| answered.author.id == somebody)
    }

    /// The names that the bot gave the buttons of the message.
    pub(crate) fn button_names(&self) -> Vec<String> {
        let rows = self.components.iter();
        let rows = rows.filter_map(|row| row["components"].as_array());
        let names = rows.flatten().filter_map(|it| it["custom_id"].as_str());
        names.map(str::to_owned).collect()
    }

    /// The files of the message, and the files of forwarded messages.
    pub(crate) fn all_files(&self) -> Vec<&DiscordAttachment> {
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
pub(crate) enum WireMessage {
    Readable(Box<DiscordMessage>),
    Unreadable(Box<UnreadableObject>),
}

impl WireMessage {
    /// Parses a message. `channel`, if given, replaces the channel in the JSON.
    pub(crate) fn parse(mut value: Value, channel: Option<Id>) -> Self {
        if let (Some(channel), Some(fields)) = (channel, value.as_object_mut()) {
            fields.insert("channel_id".to_owned(), channel.to_string().into());
        }
        match tolerant_parsing::parse_object("a message", value, &ESSENTIAL) {
            Ok(message) => Self::Readable(Box::new(message)),
            Err(unreadable) => Self::Unreadable(Box::new(unreadable)),
        }
    }

    pub(crate) fn id(&self) -> Option<Id> {
        match self {
            Self::Readable(message) => Some(message.id),
            Self::Unreadable(message) => message.read_field("id"),
        }
    }
}

/// The message that another message replies to or forwards.
#[derive(Clone, Debug, Deserialize)]
struct MessageReference {
    message_id: Option<Id>,
}

/// The message that another message replies to, with the fields that Baton reads.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ReferencedMessage {
    pub(crate) author: DiscordUser,
}

/// An embed: a box below the text, with a title, texts and a link.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MessageEmbed {
    pub(crate) title: Option<String>,
    pub(crate) description: Option<String>,
    pub(crate) url: Option<String>,
    pub(crate) author: Option<NamedItem>,
    #[serde(default)]
    pub(crate) fields: Vec<EmbedField>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct EmbedField {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) value: String,
}

/// A sticker, or the author of an embed.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct NamedItem {
    #[serde(default)]
    pub(crate) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MessagePoll {
    pub(crate) question: PollMedia,
    #[serde(default)]
    pub(crate) answers: Vec<PollAnswer>,
}

#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PollAnswer {
    pub(crate) poll_media: PollMedia,
}

/// The question or an answer of a poll.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct PollMedia {
    #[serde(default)]
    pub(crate) text: String,
}

/// A forwarded message.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MessageSnapshot {
    pub(crate) message: SnapshotMessage,
}

/// The content of a forwarded message at the time of the forwarding.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct SnapshotMessage {
    #[serde(default)]
    pub(crate) content: String,
    #[serde(default)]
    pub(crate) attachments: Vec<DiscordAttachment>,
    #[serde(default)]
    pub(crate) embeds: Vec<MessageEmbed>,
    #[serde(default)]
    pub(crate) sticker_items: Vec<NamedItem>,
}

/// A file of a message.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct DiscordAttachment {
    #[serde(default)]
    pub(crate) filename: String,
    /// In bytes.
    #[serde(default)]
    pub(crate) size: u64,
    /// Empty if Discord does not send it.
    #[serde(default)]
    pub(crate) url: String,
}
