//! `finish`: a turn ends, and everything that follows from it is kept at once.

use std::time::Duration;

use super::StoreError;
use crate::delivery::NewDelivery;
use crate::id::{Fence, MessageId, TurnId};
use crate::turn::{SessionChange, TurnEnd, Usage};

/// How a turn ended.
#[derive(Clone, Debug)]
pub struct Finish {
    /// Which turn.
    pub turn: TurnId,
    /// The caller's claim; an outdated one is refused.
    pub fence: Fence,
    /// How it ended; decides what becomes of the messages in `taken`.
    pub end: TurnEnd,
    /// What operators are told of it when they [trace](super::Store::trace) its messages, and nobody else:
    /// what the agent complained about.
    pub detail: Option<String>,
    /// The messages that the agent was given. Others of the turn, handed into it too late, wait
    /// again whatever the end.
    pub taken: Vec<MessageId>,
    /// What goes into the outbox, in this order.
    pub deliveries: Vec<NewDelivery>,
    /// What becomes of the session, unless it was reset meanwhile.
    pub session: SessionChange,
    /// What the agent used.
    pub usage: Usage,
    /// Nothing else runs in the conversation for this long.
    pub rest: Duration,
}

/// Why a turn's holder could not write.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LeaseError {
    /// The claim was outdated by a newer one, or the turn is over.
    #[error("turn {0} is no longer held by this claim; what it wrote is refused")]
    Lost(TurnId),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}
