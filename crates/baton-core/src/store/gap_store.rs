//! The gaps: missed messages of chats, not read yet.

use async_trait::async_trait;

use super::{Gap, StoreError};
use crate::name::{AccountName, ChannelName};

/// Keeps the gaps of chats, also over a crash.
/// [`MessageStore::ingest`](super::MessageStore::ingest) adds the gaps.
///
/// * Order: the gap of a chat keeps its first position until the gap is closed.
/// * Idempotency: closing a closed gap changes nothing.
/// * Errors: [`StoreError`] only.
#[async_trait]
pub trait GapStore: Send + Sync + 'static {
    /// The open gaps of an account, in the order of the chats' ids.
    async fn gaps(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<Gap>, StoreError>;

    /// Closes the gap of a chat, after its messages are stored.
    async fn gap_closed(&self, gap: Gap) -> Result<(), StoreError>;
}
