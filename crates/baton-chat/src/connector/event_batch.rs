//! A batch: several events of a platform with one common cursor.

use super::chat_ids::{ChatId, Position};
use super::incoming_message::IncomingMessage;
use super::named_threads::{CreatedThread, FetchMark};

/// Several events of a platform. The platform repeats the batch until Baton acknowledges the batch. One commit stores
/// the whole batch.
#[derive(Clone, Debug, Default)]
pub struct EventBatch {
    /// The new messages of all chats, in the platform's order.
    pub messages: Vec<IncomingMessage>,
    /// The reader's position after the batch; `None` if the batch moves no cursor.
    pub cursor: Option<BatchCursor>,
    /// The gaps: in these chats, the platform left messages out. In the same batch, each message of such a chat comes
    /// after the gap.
    pub gaps: Vec<ChatGap>,
    /// The new threads that Baton created, see [`NamedThreads`](super::NamedThreads). In the platform's order, each thread
    /// comes before its messages.
    pub threads: Vec<CreatedThread>,
    /// The mark of the request for this batch, if the platform had no further events at this time. `None` if further
    /// events may wait, or if the connector has no [`NamedThreads`](super::NamedThreads). A batch without events is
    /// useful too, because it tells that the platform has no thread to report.
    pub caught_up: Option<FetchMark>,
}

/// The position of a reader of batches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchCursor {
    /// The connector's name for the stream of batches. An account may have several streams.
    pub reader: String,
    /// The position in the platform's own form.
    pub position: String,
}

/// Messages of one chat that the platform left out of all batches. The history has the missing messages.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChatGap {
    /// The chat.
    pub chat: ChatId,
    /// The position before the first missing message.
    pub after: Position,
}
