//! The commands for topics: at most one topic for each conversation.

use std::time::Duration;

use super::StoreError;
use crate::id::{ConversationId, Fence};
use crate::place::Place;

/// A reservation of a conversation's topic, before its creation on the platform.
#[derive(Clone, Debug)]
pub struct ReserveTopic {
    /// The conversation.
    pub conversation: ConversationId,
    /// The time until another caller may take over the reservation.
    pub lease: Duration,
    /// The fence of the caller's own reservation, to begin its lease anew; `None` for a new reservation.
    pub held: Option<Fence>,
}

/// The replacement of a topic that is gone from the platform.
#[derive(Clone, Debug)]
pub struct ReplaceTopic {
    /// The conversation.
    pub conversation: ConversationId,
    /// The platform's id of the topic that is gone.
    pub gone: String,
    /// The time until another caller may take over the reservation of the next topic.
    pub lease: Duration,
}

/// The result of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The caller creates the topic, with this fence. Nobody else can have created the topic.
    Yours(Fence),
    /// The caller has taken over the reservation, with this fence. The earlier holder may have created the topic.
    Inherited(Fence),
    /// The topic exists.
    Ready {
        /// The platform's id of the topic.
        platform_id: String,
    },
    /// Another caller is creating the topic.
    Taken,
}

/// The result of [`adopt_topic`](super::TopicStore::adopt_topic).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adoption {
    /// The conversation has this topic from now on.
    Adopted,
    /// The conversation had this topic before.
    Known,
}

/// The stored topic of a conversation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredTopic {
    /// The place of the conversation.
    pub place: Place,
    /// The platform's id; `None` while the topic is only reserved.
    pub platform_id: Option<String>,
    /// The name of the last topic that is gone, for the next one; `None` if unknown.
    pub title: Option<String>,
}

/// The reason for refusing a created topic.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Another caller has taken over the reservation, so the topic with this id is an orphan.
    #[error(
        "another caller creates the topic of conversation {0}; the topic {1} belongs to no conversation"
    )]
    TakenOver(ConversationId, String),
    /// The store failed, and changed nothing.
    #[error(transparent)]
    Store(#[from] StoreError),
}
