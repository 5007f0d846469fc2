//! `incomplete_chats`, `first_incomplete` and so on: messages whose files are not here yet.

use crate::name::{AccountName, ChannelName, ExternalId};

/// The number of an incomplete message. A later message has a greater number, and no number is used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct IncompleteId(pub i64);

/// A message whose files are not here yet, or a later message of the same chat. [`Ingest`](super::Ingest) stores it in the
/// commit that moves the cursor past the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewIncompleteMessage {
    /// The channel of the chat.
    pub channel: ChannelName,
    /// Baton's account on the channel.
    pub account: AccountName,
    /// The platform's id of the chat.
    pub chat: String,
    /// The platform's id of the message.
    pub external_id: ExternalId,
    /// The message in a form that only the channel reads.
    pub content: String,
}

/// A stored incomplete message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncompleteMessage {
    /// The number.
    pub id: IncompleteId,
    /// The platform's id of the message.
    pub external_id: ExternalId,
    /// The message in a form that only the channel reads.
    pub content: String,
}

/// A chat with incomplete messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IncompleteChat {
    /// The platform's present id of the chat.
    pub chat: String,
    /// The number of incomplete messages.
    pub messages: usize,
    /// The size of their contents together, in bytes.
    pub bytes: usize,
}
