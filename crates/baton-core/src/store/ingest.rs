//! `ingest`: the store keeps a message before the channel acknowledges the message to the platform.

use super::{Gap, IncompleteId, NewIncompleteMessage};
use crate::message::{Message, NewMessage};
use crate::name::{AccountName, ChannelName};

/// The result of one read from a platform.
#[derive(Clone, Debug, Default)]
pub struct Ingest {
    /// The messages, in the platform's order.
    pub messages: Vec<NewMessage>,
    /// Messages that the channel could not read.
    pub refused: Vec<RefusedMessage>,
    /// The new cursor of the reader, moved only together with the messages.
    pub cursor: Option<CursorMove>,
    /// The chats in which the platform left messages out before the new cursor.
    pub gaps: Vec<Gap>,
    /// Messages that wait for their files, in the platform's order.
    pub incomplete: Vec<NewIncompleteMessage>,
    /// The incomplete messages that `messages` and `refused` replace, or that are not for Baton.
    pub completed: Vec<IncompleteId>,
}

impl From<NewMessage> for Ingest {
    fn from(message: NewMessage) -> Self {
        Self {
            messages: vec![message],
            ..Self::default()
        }
    }
}

/// A message that its channel could not read. The store keeps the message as refused, so that the message is counted,
/// visible in [`trace`](super::QueueViews::trace), and can be replayed.
#[derive(Clone, Debug)]
pub struct RefusedMessage {
    /// The readable parts. A replay would answer this text.
    pub message: NewMessage,
    /// The reason for refusing the message, in words for everybody.
    pub reason: String,
    /// The raw form, or its beginning, for the trace.
    pub raw: String,
    /// Whether a notice is sent to the place of the message.
    pub is_told: bool,
}

/// The new position of a reader.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// The channel.
    pub channel: ChannelName,
    /// Baton's account on the platform.
    pub account: AccountName,
    /// The name of the read stream: a chat, a shard, or the platform's only stream.
    pub reader: String,
    /// The position in the platform's own form.
    pub position: String,
}

/// The result of storing a message.
#[derive(Clone, Debug)]
pub enum Ingested {
    /// The message is stored, and will be answered.
    Stored(Message),
    /// The store had this message already. The message has its current state.
    Duplicate(Message),
    /// The message is stored as refused, with the reason in [`Message::reason`].
    Refused(Message),
}

impl Ingested {
    /// The stored message.
    pub fn message(&self) -> &Message {
        match self {
            Self::Stored(message) | Self::Duplicate(message) | Self::Refused(message) => message,
        }
    }
}
