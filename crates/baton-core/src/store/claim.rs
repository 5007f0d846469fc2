//! `claim` and `renew`: outside workers claim messages under a lease.

use std::time::Duration;

use super::StoreError;
use crate::id::MessageId;
use crate::name::{AccountName, AgentName, ChannelName, PersonaName, WorkerId};
use crate::place::Place;
use crate::turn::Claim;

/// A claim of a worker for one message.
#[derive(Clone, Debug)]
pub struct ClaimMessage {
    /// The message.
    pub message: MessageId,
    /// The worker.
    pub worker: WorkerId,
    /// The length of the lease. After this time without a renewal, another worker may claim the message.
    pub lease: Duration,
    /// The agents that stand for outside workers. Only their messages can be claimed.
    pub agents: Vec<AgentName>,
}

/// A claim of a worker for the first message that waits.
#[derive(Clone, Debug)]
pub struct ClaimNext {
    /// The worker.
    pub worker: WorkerId,
    /// Only messages to these personas; empty for all.
    pub personas: Vec<PersonaName>,
    /// The length of the lease. After this time without a renewal, another worker may claim the message.
    pub lease: Duration,
    /// The agents that stand for outside workers. Only their messages can be claimed.
    pub agents: Vec<AgentName>,
    /// Only messages of this channel and account; `None` for all.
    pub of: Option<(ChannelName, AccountName)>,
    /// No messages from these places.
    pub not_in: Vec<Place>,
}

/// A claim with a lease.
#[derive(Clone, Debug)]
pub struct Claimed {
    /// The claim.
    pub claim: Claim,
    /// The length of the lease.
    pub lease: Duration,
}

/// The reason for refusing a claim.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClaimError {
    /// No message has this number.
    #[error("there is no message {0}")]
    Unknown(MessageId),
    /// The message does not wait, or its agent is no outside worker.
    #[error("message {message} cannot be claimed: {reason}")]
    NotClaimable {
        /// The number of the message.
        message: MessageId,
        /// The reason, for people.
        reason: String,
    },
    /// Another message of the conversation runs, or comes first.
    #[error("message {message} must wait: {reason}")]
    NotItsTurn {
        /// The number of the message.
        message: MessageId,
        /// The obstacle, for people.
        reason: String,
    },
    /// The store failed, and changed nothing.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The reason for refusing a renewal.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RenewError {
    /// No message has this number.
    #[error("there is no message {0}")]
    Unknown(MessageId),
    /// The lease has ended, or belongs to another worker.
    #[error("this worker has no claim on message {0}")]
    NotHeld(MessageId),
    /// The store failed, and changed nothing.
    #[error(transparent)]
    Store(#[from] StoreError),
}
