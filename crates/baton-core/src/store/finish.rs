//! `finish`: a turn ends, and all consequences are stored in one transaction.

use std::time::Duration;

use super::StoreError;
use crate::delivery::NewDelivery;
use crate::id::{Fence, MessageId, TurnId};
use crate::turn::{SessionChange, TurnEnd, Usage};

/// The end of a turn.
#[derive(Clone, Debug)]
pub struct Finish {
    /// The turn.
    pub turn: TurnId,
    /// The fence of the caller's claim. An outdated fence is refused.
    pub fence: Fence,
    /// The kind of end, which decides the new state of the messages in `taken`.
    pub end: TurnEnd,
    /// A detail for operators who [trace](super::QueueViews::trace) the turn's messages, such as the
    /// error output of the agent.
    pub detail: Option<String>,
    /// The messages that the agent got. Messages that were steered into the turn too late wait again,
    /// whatever the end.
    pub taken: Vec<MessageId>,
    /// The new deliveries for the outbox, in this order.
    pub deliveries: Vec<NewDelivery>,
    /// The change of the session. Ignored if the conversation was reset during the turn.
    pub session: SessionChange,
    /// The usage of the turn.
    pub usage: Usage,
    /// The pause before the next turn of the conversation.
    pub rest: Duration,
}

/// The reason for refusing a write of a turn's holder.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// A newer claim has outdated this claim, or the turn is over.
    #[error("this claim no longer holds turn {0}; the reply is refused")]
    Lost(TurnId),
    /// The store failed, and changed nothing.
    #[error(transparent)]
    Store(#[from] StoreError),
}
