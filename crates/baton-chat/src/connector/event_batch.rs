//! A batch: events that a platform gives together, under one cursor.

use super::chat_ids::{ChatId, Position};
use super::incoming_message::IncomingMessage;

/// Events that a platform gives together, and repeats until Baton acknowledges them. One commit stores all of them.
#[derive(Clone, Debug, Default)]
pub struct EventBatch {
    /// The new messages of all chats, in the platform's order.
    pub messages: Vec<IncomingMessage>,
    /// The position after the batch; `None` if the batch moves no cursor.
    pub cursor: Option<BatchCursor>,
    /// The chats in which the platform left messages out. The messages of these chats in the same batch come after
    /// the gap.
    pub gaps: Vec<ChatGap>,
}

/// The position of a reader of batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchCursor {
    /// The connector's name for the stream of batches. An account may have several streams.
    pub reader: String,
    /// The position in the platform's own form.
    pub position: String,
}

/// Messages of one chat that the platform left out of its batches. The history has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGap {
    /// The chat.
    pub chat: ChatId,
    /// The position before the first missing message.
    pub after: Position,
}
