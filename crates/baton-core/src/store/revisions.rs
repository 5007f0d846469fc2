//! `message_edited`, `messages_deleted`: edits and deletions on the platform.

use crate::id::MessageId;
use crate::message::MessageState;
use crate::name::{AccountName, ChannelName, ExternalId};

/// An edit of a message.
#[derive(Clone, Debug)]
pub struct MessageEdited {
    /// The channel.
    pub channel: ChannelName,
    /// Baton's account on the platform.
    pub account: AccountName,
    /// The platform's id of the message.
    pub external_id: ExternalId,
    /// The new text.
    pub text: String,
    /// Whether people sent the message in several parts, and edited only one of them. Then the edit changes nothing.
    pub is_of_part: bool,
}

/// The result of an edit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edited {
    /// The message was waiting, and has its new text.
    Taken(MessageId),
    /// The text has not changed.
    Same(MessageId),
    /// The turn had begun. The old text counts, and the trace records the late edit. At the first such edit, people are
    /// told.
    Late(MessageId, MessageState),
    /// The edit is of a part of the message. The old text counts, and people are told at the first such edit.
    OfPart(MessageId),
    /// The message is unknown.
    Unknown,
}

/// Deletions of messages.
#[derive(Clone, Debug)]
pub struct MessagesDeleted {
    /// The channel.
    pub channel: ChannelName,
    /// Baton's account on the platform.
    pub account: AccountName,
    /// The platform's ids of the messages.
    pub external_ids: Vec<ExternalId>,
}
