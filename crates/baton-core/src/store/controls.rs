//! `stop`, `replay`, `drop_dead`: what people do to messages.

use super::StoreError;
use crate::id::{Seq, TurnId};

/// What a stop found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stopped {
    /// It is withdrawn.
    Withdrawn,
    /// It runs in this turn, in-process: its dispatcher must stop it.
    Running(TurnId),
}

/// Why nothing was done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ControlError {
    /// There is nothing of that number.
    #[error("there is no message or delivery {0}")]
    Unknown(Seq),
    /// It is in a state in which this means nothing.
    #[error("{id} is {state}: there is nothing to {action}")]
    NotPossible {
        /// Which one.
        id: Seq,
        /// What it is.
        state: String,
        /// What was asked.
        action: &'static str,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}
