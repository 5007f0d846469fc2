//! `ingest`: a message is kept before its platform is told that we have it.

use crate::message::{Message, NewMessage};
use crate::name::{AccountName, ChannelName};

/// What one read of a platform brought.
#[derive(Clone, Debug, Default)]
pub struct Ingest {
    /// The messages, in the platform's order.
    pub messages: Vec<NewMessage>,
    /// Messages that the channel could not read.
    pub refused: Vec<RefusedMessage>,
    /// How far that read came; moves in the transaction that stores the messages, and in no other.
    pub cursor: Option<CursorMove>,
}

impl From<NewMessage> for Ingest {
    fn from(message: NewMessage) -> Self {
        Self {
            messages: vec![message],
            ..Self::default()
        }
    }
}

/// A message that its channel could not read. The store keeps it as refused, so that it is counted,
/// visible in [`trace`](super::Store::trace), and can be replayed.
#[derive(Clone, Debug)]
pub struct RefusedMessage {
    /// The readable parts. A replay would answer the text in here.
    pub message: NewMessage,
    /// Why the message was refused, in words for everybody.
    pub reason: String,
    /// The raw form, or its beginning, for the trace.
    pub raw: String,
    /// Whether a notice is sent to the place of the message.
    pub is_told: bool,
}

/// How far a channel has been read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CursorMove {
    /// The connection to the platform.
    pub channel: ChannelName,
    /// Which of our accounts there.
    pub account: AccountName,
    /// What is read: a chat, a shard, the one update stream.
    pub reader: String,
    /// The platform's own word for how far.
    pub position: String,
}

/// What became of a message that was handed in.
#[derive(Clone, Debug)]
pub enum Ingested {
    /// It is kept, and will be answered.
    Stored(Message),
    /// It was here before; this is what became of it.
    Duplicate(Message),
    /// It is kept as refused, with the reason in [`Message::reason`].
    Refused(Message),
}

impl Ingested {
    /// The message, whatever became of it.
    pub fn message(&self) -> &Message {
        match self {
            Self::Stored(message) | Self::Duplicate(message) | Self::Refused(message) => message,
        }
    }
}
