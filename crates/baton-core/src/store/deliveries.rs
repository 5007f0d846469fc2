//! `post_reply`, `delivery_failed`: new deliveries outside a turn, and failed tries of deliveries.

use std::time::Duration;

use crate::id::MessageId;
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
