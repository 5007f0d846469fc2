//! `claim` and `renew`: outside workers take messages under a lease.

use std::time::Duration;

use super::StoreError;
use crate::id::MessageId;
use crate::name::{AccountName, AgentName, ChannelName, PersonaName, WorkerId};
use crate::place::Place;
use crate::turn::Claim;

/// A worker wants this message.
#[derive(Clone, Debug)]
pub struct ClaimMessage {
    /// Which one.
    pub message: MessageId,
    /// Who wants it.
    pub worker: WorkerId,
    /// How long without a heart-beat before another worker may have it.
    pub lease: Duration,
    /// The agents whose messages outside workers answer.
    pub agents: Vec<AgentName>,
}

/// A worker wants whatever comes first.
#[derive(Clone, Debug)]
pub struct ClaimNext {
    /// Who wants it.
    pub worker: WorkerId,
    /// Only for these personas; empty for all.
    pub personas: Vec<PersonaName>,
    /// How long without a heart-beat before another worker may have it.
    pub lease: Duration,
    /// The agents whose messages outside workers answer.
    pub agents: Vec<AgentName>,
    /// Of which channel and account; `None` for all.
    pub of: Option<(ChannelName, AccountName)>,
    /// Not in these places.
    pub not_in: Vec<Place>,
}

/// A claim that ends by itself.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// What was claimed.
    pub claim: Claim,
    /// How long without a heart-beat before it ends.
    pub lease: Duration,
}

/// Why a message could not be claimed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// There is none of that number.
    #[error("there is no message {0}")]
    Unknown(MessageId),
    /// Its state is not waiting, or its agent is not a worker.
    #[error("message {message} cannot be claimed: {reason}")]
    NotClaimable {
        /// Which one.
        message: MessageId,
        /// Why.
        reason: String,
    },
    /// Something else of its conversation runs, or comes first.
    #[error("message {message} must wait: {reason}")]
    NotItsTurn {
        /// Which one.
        message: MessageId,
        /// For what.
        reason: String,
    },
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a lease could not be prolonged.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewError {
    /// There is no such message.
    #[error("there is no message {0}")]
    Unknown(MessageId),
    /// The lease ended, or was never this worker's.
    #[error("message {0} is not held by this worker")]
    NotHeld(MessageId),
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}
