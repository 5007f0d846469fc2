//! The messages that wait for their files, before they are received.

use async_trait::async_trait;

use super::{IncompleteChat, IncompleteId, IncompleteMessage, StoreError};
use crate::name::{AccountName, ChannelName, ExternalId};

/// Keeps the messages whose files are not here yet. [`ingest`](super::MessageStore::ingest) stores them, and removes each
/// in the commit that stores the complete message.
///
/// * Order: the messages of a chat are in the order of their arrival.
/// * Counting: an incomplete message is not received yet. No message counts twice, because the same commit removes the
///   incomplete message and receives the complete one.
/// * Moved chats: [`move_chat`](super::PlaceStore::move_chat) moves the incomplete messages too. A later
///   [`ingest`](super::MessageStore::ingest) with the earlier id stores the new one.
/// * Idempotency: channel, account and external id name a message. A repeated message is stored once, and a message that
///   the store has received already is not stored again.
/// * Errors: [`StoreError`] only.
#[async_trait]
pub trait IncompleteMessageStore: Send + Sync + 'static {
    /// The chats of an account with incomplete messages, in the order of their ids.
    async fn incomplete_chats(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<IncompleteChat>, StoreError>;

    /// The first incomplete message of a chat. `chat` is the present id of the chat.
    async fn first_incomplete(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        chat: &str,
    ) -> Result<Option<IncompleteMessage>, StoreError>;

    /// The incomplete message with this id of the platform.
    async fn incomplete_message(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        external_id: &ExternalId,
    ) -> Result<Option<IncompleteMessage>, StoreError>;

    /// Replaces the content of an incomplete message, after an edit by its author. Returns whether the message still
    /// waits.
    async fn revise_incomplete(
        &self,
        id: IncompleteId,
        content: String,
    ) -> Result<bool, StoreError>;

    /// Removes an incomplete message, because its author deleted it. Returns whether the message still waited.
    async fn drop_incomplete(&self, id: IncompleteId) -> Result<bool, StoreError>;
}
