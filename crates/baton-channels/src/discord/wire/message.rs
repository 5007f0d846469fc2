//! Messages, with what else than text is in them.

use serde::Deserialize;
use serde_json::Value;

use super::{Member, User};
use crate::discord::id::Id;

/// A message, of the gateway or of REST.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct Message {
    pub(in crate::discord) id: Id,
    pub(in crate::discord) channel_id: Id,
    /// Not told by REST.
    pub(in crate::discord) guild_id: Option<Id>,
    pub(in crate::discord) author: User,
    /// Not told by REST.
    pub(in crate::discord) member: Option<Member>,
    #[serde(default)]
    pub(in crate::discord) content: String,
    /// What kind of message; people's are [`Message::PLAIN`] and [`Message::REPLY`].
    #[serde(default, rename = "type")]
    pub(in crate::discord) kind: u64,
    /// Bits.
    #[serde(default)]
    pub(in crate::discord) flags: u64,
    pub(in crate::discord) webhook_id: Option<Id>,
    #[serde(default)]
    pub(in crate::discord) mentions: Vec<User>,
    #[serde(default)]
    pub(in crate::discord) mention_roles: Vec<Id>,
    #[serde(default)]
    pub(in crate::discord) attachments: Vec<Attachment>,
    /// Rows of buttons.
    #[serde(default)]
    pub(in crate::discord) components: Vec<Value>,
    #[serde(rename = "message_reference")]
    reference: Option<Reference>,
    #[serde(rename = "referenced_message")]
    pub(in crate::discord) answered: Option<Answered>,
    #[serde(default)]
    pub(in crate::discord) embeds: Vec<Embed>,
    #[serde(default)]
    pub(in crate::discord) sticker_items: Vec<Sticker>,
    pub(in crate::discord) poll: Option<Poll>,
    #[serde(default, rename = "message_snapshots")]
    pub(in crate::discord) forwarded: Vec<Forwarded>,
}

impl Message {
    pub(in crate::discord) const PLAIN: u64 = 0;
    pub(in crate::discord) const REPLY: u64 = 19;

    /// Whether a person could have written it, rather than Discord itself.
    pub(in crate::discord) fn is_said(&self) -> bool {
        matches!(self.kind, Self::PLAIN | Self::REPLY)
    }

    /// The message that it answers.
    pub(in crate::discord) fn answers(&self) -> Option<Id> {
        let reference = self.reference.as_ref().filter(|_| self.kind == Self::REPLY);
        reference?.message_id
    }

    /// Whether it is an answer to somebody's message.
    pub(in crate::discord) fn quotes(&self, somebody: Id) -> bool {
        let answered = self.answered.as_ref().filter(|_| self.kind == Self::REPLY);
        answered.is_some_and(|answered| answered.author.id == somebody)
    }

    /// Its files, and those of what it forwards.
    pub(in crate::discord) fn files(&self) -> Vec<&Attachment> {
        let forwarded = self.forwarded.iter();
        let forwarded = forwarded.flat_map(|forwarded| &forwarded.message.attachments);
        self.attachments.iter().chain(forwarded).collect()
    }
}

/// Which message another one answers, or passes on.
#[derive(Clone, Debug, Deserialize)]
struct Reference {
    message_id: Option<Id>,
}

/// The message that another one answers, as far as Discord tells it.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct Answered {
    pub(in crate::discord) author: User,
}

/// What stands in a frame.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct Embed {
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
pub(in crate::discord) struct Sticker {
    #[serde(default)]
    pub(in crate::discord) name: String,
}

#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct Poll {
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

/// A message from elsewhere that somebody passed on.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct Forwarded {
    pub(in crate::discord) message: Snapshot,
}

/// What it was when it was passed on.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct Snapshot {
    #[serde(default)]
    pub(in crate::discord) content: String,
    #[serde(default)]
    pub(in crate::discord) attachments: Vec<Attachment>,
    #[serde(default)]
    pub(in crate::discord) embeds: Vec<Embed>,
    #[serde(default)]
    pub(in crate::discord) sticker_items: Vec<Sticker>,
}

/// A file that came with a message.
#[derive(Clone, Debug, Deserialize)]
pub(in crate::discord) struct Attachment {
    pub(in crate::discord) filename: String,
    /// In bytes.
    #[serde(default)]
    pub(in crate::discord) size: u64,
    pub(in crate::discord) url: String,
}
