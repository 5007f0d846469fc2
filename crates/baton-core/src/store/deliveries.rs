//! `post_reply`, `delivery_sent`, `delivery_failed`: new deliveries outside a turn, and the outcomes of
//! attempts.

use std::time::Duration;

use super::StoreError;
use crate::id::{DeliveryId, Epoch, MessageId};
use crate::name::ExternalId;
use crate::place::Route;
use crate::store::Post;

/// A reply from outside a turn, for example from a worker that posts before it completes the message.
#[derive(Clone, Debug)]
pub struct PostReply {
    /// The place and the persona of the reply.
    pub route: Route,
    /// The caller's id for the reply, if it gave one. A second post with the same id changes nothing.
    pub external_id: Option<ExternalId>,
    /// The answered message, if there is one. A second reply to the same message is not stored.
    pub message: Option<MessageId>,
    /// The text, as Markdown.
    pub text: String,
    /// The channel's own fields.
    pub extra: serde_json::Value,
}

/// The result of posting a reply.
#[derive(Clone, Debug)]
pub enum Posted {
    /// The reply is in the outbox. The post is the reply as readers will see it.
    Stored(Post),
    /// The store had this reply already.
    Duplicate(Post),
}

/// One attempt to send a delivery. Each outcome names its attempt, so the outcome of an older attempt is never
/// taken for the outcome of the current one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DeliveryAttempt {
    /// The delivery.
    pub delivery: DeliveryId,
    /// The number of the try; 1 for the first. A replay begins again at 1.
    pub number: u32,
    /// The epoch of the process that sends the delivery.
    pub epoch: Epoch,
}

/// The consequence of a failed try to send a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryFailure {
    /// The platform did not accept the delivery. Another try follows after the pause.
    Retry {
        /// The failure.
        reason: String,
        /// The pause before the outbox of the conversation continues.
        pause: Duration,
    },
    /// The outcome is unknown. Another try follows after the pause, marked as possibly repeated.
    Unknown {
        /// The failure.
        reason: String,
        /// The pause before the outbox of the conversation continues.
        pause: Duration,
    },
    /// Baton gives up the delivery. The outbox continues with the next delivery.
    Dead {
        /// The reason.
        reason: String,
    },
}

/// The reason for refusing the outcome of an attempt.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum OutcomeError {
    /// A newer attempt or epoch has outdated the attempt, or its outcome is recorded already.
    #[error(
        "attempt {} of delivery {} is no longer the current one; its outcome is refused",
        .0.number,
        .0.delivery
    )]
    Outdated(DeliveryAttempt),
    /// The store failed, and changed nothing.
    #[error(transparent)]
    Store(#[from] StoreError),
}
