//! Reads of the open work: the queue, its numbers, the dead letters and the traces.

use async_trait::async_trait;

use super::{Counts, DeadLetter, Queued, StoreError, TraceLine, WaitingQuery};
use crate::id::Seq;
use crate::message::Message;
use crate::place::Place;

/// Reads the queue, the number of rows in each state, the dead letters and the traces.
///
/// * Order: messages come in the order of their claims, dead letters newest first, events oldest first.
/// * Units: sizes are in bytes. A result with a size limit holds at least one row.
/// * Errors: [`StoreError`] only. An unknown number has no trace.
#[async_trait]
pub trait QueueViews: Send + Sync + 'static {
    /// Waiting and running messages, in the order of their claims. Running messages are first. The texts and
    /// attachments of the messages have at most `bytes` together, or there is one message.
    async fn waiting(&self, query: WaitingQuery, bytes: usize) -> Result<Vec<Message>, StoreError>;

    /// The same messages without texts, for a caller that only counts or names them.
    async fn queue(&self, query: WaitingQuery) -> Result<Vec<Queued>, StoreError>;

    /// The number of messages and deliveries in each state.
    async fn counts(&self) -> Result<Counts, StoreError> {
        self.counts_outside(Vec::new()).await
    }

    /// Like [`counts`](Self::counts), without the messages and deliveries of these places.
    async fn counts_outside(&self, places: Vec<Place>) -> Result<Counts, StoreError>;

    /// All known events of a message or a delivery, oldest first; empty if no row has this number.
    async fn trace(&self, id: Seq) -> Result<Vec<TraceLine>, StoreError>;

    /// The dead letters, newest first. Of long texts, only as many as fit into a megabyte, and at least one.
    async fn dead(&self, limit: usize) -> Result<Vec<DeadLetter>, StoreError>;
}
