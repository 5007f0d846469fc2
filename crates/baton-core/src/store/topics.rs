//! `reserve_topic`, `topic_created`: at most one topic for each conversation.

use std::time::Duration;

use super::StoreError;
use crate::id::{ConversationId, Fence};

/// A reservation of a conversation's topic, before its creation on the platform.
#[derive(Clone, Debug)]
pub struct ReserveTopic {
    /// The conversation.
    pub conversation: ConversationId,
    /// The time until another caller may take over the reservation.
    pub lease: Duration,
}

/// The result of a reservation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// The caller creates the topic, with this fence.
    Yours(Fence),
    /// The topic exists.
    Ready {
        /// The platform's id of the topic.
        platform_id: String,
    },
    /// Another caller is creating the topic.
    Taken,
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
