//! How far the readers of a platform have read.

use async_trait::async_trait;

use super::{CursorMove, StoreError};
use crate::name::{AccountName, ChannelName};

/// Records how far each reader of a platform has read. [`MessageStore::ingest`](super::MessageStore::ingest)
/// moves a cursor together with messages.
///
/// * Order: the last move counts. The store does not compare positions, because their form belongs to the
///   platform.
/// * Idempotency: the same move again changes nothing.
/// * Errors: [`StoreError`] only.
#[async_trait]
pub trait CursorStore: Send + Sync + 'static {
    /// The cursor of a reader; `None` if the reader never stored one.
    async fn cursor(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        reader: &str,
    ) -> Result<Option<String>, StoreError>;

    /// Moves a cursor past input without messages.
    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError>;
}
