//! `stop`, `replay`, `drop_dead`: the control operations on messages and deliveries.

use super::{NOT_NOW, StoreError};
use crate::id::{Seq, TurnId};
use crate::name::{ChannelName, PersonaName};

/// The result of a stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// The message is withdrawn.
    Withdrawn,
    /// The message runs in this turn of a process. [`TurnEffect::Stop`](super::TurnEffect::Stop) reaches that process
    /// after the commit.
    Running(TurnId),
}

/// The control operations on messages and deliveries, for error texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See [`ControlStore::stop`](super::ControlStore::stop).
    Stop,
    /// See [`ControlStore::replay`](super::ControlStore::replay).
    Replay,
    /// See [`ControlStore::drop_dead`](super::ControlStore::drop_dead).
    Drop,
}

impl Action {
    /// The states in which the operation is possible, for people.
    fn required_state(self) -> &'static str {
        match self {
            Self::Stop => "only a waiting or running message can be stopped",
            Self::Replay => {
                "only a dead, withdrawn or refused message, or a dead delivery, can be replayed"
            }
            Self::Drop => "only a dead letter can be dropped",
        }
    }
}

/// The reason for a failed control operation. The operation changed nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// No message or delivery has this number.
    #[error("there is no message or delivery {0}")]
    Unknown(Seq),
    /// The operation is impossible in the current state.
    #[error("{id} is {state}; {}", action.required_state())]
    NotPossible {
        /// The number of the message or delivery.
        id: Seq,
        /// The current state.
        state: String,
        /// The attempted operation.
        action: Action,
    },
    /// The persona of the message or delivery is not configured, so no agent could answer a replay.
    #[error(
        "{id} is for the persona {persona}, which is not configured; configure the persona, or drop the \
        dead letter"
    )]
    NobodyAnswers {
        /// The number of the message or delivery.
        id: Seq,
        /// The persona without a configuration.
        persona: PersonaName,
    },
    /// The channel is not configured, so Baton cannot send the delivery or the reply to the message.
    #[error(
        "{id} is of the channel {channel}, which is not configured; configure the channel, or drop the dead \
        letter"
    )]
    NobodyCarries {
        /// The number of the message or delivery.
        id: Seq,
        /// The channel without a configuration.
        channel: ChannelName,
    },
    /// The store failed, and changed nothing.
    #[error("{NOT_NOW}")]
    Store(#[from] StoreError),
}
