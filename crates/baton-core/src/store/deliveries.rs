//! `post_reply`, `delivery_failed`: into the outbox, and what becomes of what is in it.

use std::time::Duration;

use crate::id::MessageId;
use crate::name::ExternalId;
use crate::place::Route;
use crate::store::Post;

/// A reply that was written outside a turn, for example by a worker that posts before it completes.
#[derive(Clone, Debug)]
pub struct PostReply {
    /// Where it is said, and by whom.
    pub route: Route,
    /// The caller's id for it, where it gave one: the same again changes nothing.
    pub external_id: Option<ExternalId>,
    /// The message that it answers, where there is one; a second reply to it is not shown.
    pub message: Option<MessageId>,
    /// Markdown.
    pub text: String,
    /// The channel's own fields.
    pub extra: serde_json::Value,
}

/// What became of a posted reply.
#[derive(Clone, Debug)]
pub enum Posted {
    /// It is in the outbox, and this is how it will be read.
    Stored(Post),
    /// This one was here before.
    Duplicate(Post),
}

/// What is to become of a delivery that failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeliveryFailure {
    /// The platform did not take it; tried again after the pause.
    Retry {
        /// What happened.
        reason: String,
        /// How long its line rests.
        pause: Duration,
    },
    /// Nobody knows whether the platform took it; tried again after the pause, marked.
    Unknown {
        /// What happened.
        reason: String,
        /// How long its line rests.
        pause: Duration,
    },
    /// Given up; the line goes on without it.
    Dead {
        /// Why.
        reason: String,
    },
}
