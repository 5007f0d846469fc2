//! `reserve_topic`, `topic_created`: one topic a conversation.

use std::time::Duration;

use super::StoreError;
use crate::id::{ConversationId, Fence};

/// Somebody is about to make a conversation's topic.
#[derive(Clone, Debug)]
pub struct ReserveTopic {
    /// Whose topic.
    pub conversation: ConversationId,
    /// How long before another may try.
    pub lease: Duration,
}

/// What the reservation found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reserved {
    /// It is the caller's to make, under this fence.
    Yours(Fence),
    /// It exists.
    Ready {
        /// The platform's id.
        platform_id: String,
    },
    /// Somebody else is making it.
    Taken,
}

/// Why a made topic was not kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TopicError {
    /// Another took the reservation over: what was made now is an orphan.
    #[error("the topic of conversation {0} was taken over by another; {1} is an orphan")]
    TakenOver(ConversationId, String),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}
