//! The topics: at most one for each conversation.

use async_trait::async_trait;

use super::{ReserveTopic, Reserved, StoreError, TopicError};
use crate::id::{ConversationId, Fence};

/// Reserves the topic of a conversation before its creation on the platform.
///
/// * Order: a caller may take over a reservation only after the end of its lease.
/// * Fence: each reservation has a greater fence than the ones before. An outdated
///   [`topic_created`](Self::topic_created) changes nothing and returns [`TopicError::TakenOver`].
/// * Idempotency: the same created topic may be recorded again. A created topic is never replaced.
/// * Units: the lease is steady time.
#[async_trait]
pub trait TopicStore: Send + Sync + 'static {
    /// Reserves the one topic of a conversation. The caller then creates the topic on the platform.
    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError>;

    /// Records the platform's id of a topic. Refused if another caller has taken over the reservation.
    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError>;
}
