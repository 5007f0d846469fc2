//! `stop`, `replay`, `drop_dead`: what people do to messages.

use super::{NOT_NOW, StoreError};
use crate::id::{Seq, TurnId};
use crate::name::{ChannelName, PersonaName};

/// What a stop found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It is withdrawn.
    Withdrawn,
    /// It runs in this turn, in-process: its dispatcher must stop it.
    Running(TurnId),
}

/// What people do to messages and deliveries.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// See [`Store::stop`](super::Store::stop).
    Stop,
    /// See [`Store::replay`](super::Store::replay).
    Replay,
    /// See [`Store::drop_dead`](super::Store::drop_dead).
    Drop,
}

impl Action {
    /// What it can be done to, for people.
    fn needs(self) -> &'static str {
        match self {
            Self::Stop => "only what waits or runs can be stopped",
            Self::Replay => {
                "only a dead, withdrawn or refused message, or a dead delivery, can be replayed"
            }
            Self::Drop => "only what is dead can be dropped",
        }
    }
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// There is nothing of that number.
    #[error("there is no message or delivery {0}")]
    Unknown(Seq),
    /// It is in a state in which this means nothing.
    #[error("{id} is {state}; {}", action.needs())]
    NotPossible {
        /// Which one.
        id: Seq,
        /// What it is.
        state: String,
        /// What was asked.
        action: Action,
    },
    /// Nobody could answer it.
    #[error("{id} is for {persona}, who is not configured; configure that persona, or drop it")]
    NobodyAnswers {
        /// Which one.
        id: Seq,
        /// Who was asked.
        persona: PersonaName,
    },
    /// Nobody could bring it, or the reply to it, to its platform.
    #[error("{id} is of the channel {channel}, which is not configured; configure it, or drop it")]
    NobodyCarries {
        /// Which one.
        id: Seq,
        /// Of which platform.
        channel: ChannelName,
    },
    /// The store could not.
    #[error("{NOT_NOW}")]
    Store(#[from] StoreError),
}
