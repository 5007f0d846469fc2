//! The messages of people: new ones, edits and deletions.

use async_trait::async_trait;

use super::{Edited, Ingest, Ingested, MessageEdited, MessagesDeleted, StoreError};
use crate::id::MessageId;

/// Records new messages, and their edits and deletions on the platform.
///
/// * Order: messages get growing numbers in the given order. An edit and the start of a turn are ordered too,
///   so a message changes only before its turn.
/// * Idempotency: channel, account and external id name a message. The store keeps such a message once, and
///   returns [`Ingested::Duplicate`] for each repetition. An edit to the same text changes nothing.
/// * Errors: [`StoreError`] only. An unknown, late or unreadable message is a result, not an error.
#[async_trait]
pub trait MessageStore: Send + Sync + 'static {
    /// Stores messages and, in the same transaction, moves the cursor past these messages. Returns one result for each
    /// message.
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError>;

    /// Replaces the text of a waiting message after an edit by its author. The old text is not kept. If the message
    /// waits no longer, the text stays unchanged, and the trace says that the edit came too late. The id can be that of a
    /// part that was joined into a message. Then the edit changes nothing, and people are told.
    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError>;

    /// Withdraws the waiting messages among the messages deleted on their platform, and returns the withdrawn messages.
    /// The traces of the other messages record the deletion.
    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError>;
}
