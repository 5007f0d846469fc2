//! The topics: at most one for each conversation.

use async_trait::async_trait;

use super::{
    Adoption, ListedTopic, PruneTopics, PrunedTopics, ReplaceTopic, ReserveTopic, Reserved,
    StoreError, StoredTopic, TopicAddress, TopicError, TopicReport,
};
use crate::id::{ConversationId, Fence};
use crate::name::{AccountName, ChannelName};
use crate::place::Place;

/// Reserves the topic of a conversation before its creation on the platform, and keeps the platform's reports about all
/// topics.
///
/// * Order: a caller may take over a reservation only after the end of its lease.
/// * Fence: each reservation has a greater fence than the ones before. An outdated
///   [`topic_created`](Self::topic_created) changes nothing and returns [`TopicError::TakenOver`].
/// * Adoption: [`adopt_topic`](Self::adopt_topic) accepts the topic of an outdated reservation too, while the
///   conversation has none. So the topic of a lost answer finds its conversation. The fences up to the one of a topic that
///   is gone are never accepted.
/// * Idempotency: the same created topic may be recorded again. A created topic is replaced only by
///   [`replace_topic`](Self::replace_topic).
/// * Reports: a repeated report changes nothing, except that the last name and state count.
/// * End: the command that ends topics checks again in its own commit that they are idle. The end is an entry of the
///   outbox, after all replies.
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

    /// Records the platform's id of a topic that the reservation with this fence has created, even if the reservation is
    /// outdated. Refused if the conversation has another topic.
    async fn adopt_topic(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<Adoption, TopicError>;

    /// Forgets a topic that is gone from the platform, and reserves the next one. If the conversation has no such topic,
    /// the command is the same as [`reserve_topic`](Self::reserve_topic).
    async fn replace_topic(&self, replace: ReplaceTopic) -> Result<Reserved, StoreError>;

    /// The topic of a conversation; `None` if nobody has reserved one.
    async fn topic_of(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<StoredTopic>, StoreError>;

    /// The place of the conversation that has this topic; `None` if no conversation of the account has the topic.
    async fn topic_place(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        platform_id: &str,
    ) -> Result<Option<Place>, StoreError>;

    /// Keeps the platform's report about a topic.
    async fn report_topic(&self, report: TopicReport) -> Result<(), StoreError>;

    /// Takes the right to rename a topic whose name the platform invented. Returns `false` if the topic has another name,
    /// or if the right was taken before. `name` is the next name.
    async fn claim_topic_name(&self, topic: TopicAddress, name: &str) -> Result<bool, StoreError>;

    /// All topics, for operators: first the topics of Baton, then those of people.
    async fn list_topics(&self) -> Result<Vec<ListedTopic>, StoreError>;

    /// Puts the end of idle topics into their outboxes. At most [`MOST_ENDED`](super::MOST_ENDED) topics end, the oldest
    /// first.
    async fn prune_topics(&self, prune: PruneTopics) -> Result<PrunedTopics, StoreError>;
}
