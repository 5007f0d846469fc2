//! One outgoing operation: an entry in the outbox.

use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::clock::Wall;
use crate::id::{ApprovalId, ConversationId, DeliveryId, MessageId};
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;
use crate::words::words;

/// What is to be done on the platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "operation")]
pub enum Operation {
    /// The agent's answer.
    Reply {
        /// Markdown.
        text: String,
        /// What was done on the way to it.
        activities: Vec<Activity>,
        /// What is sent with it.
        files: Vec<Attachment>,
    },
    /// A word from Baton itself: what waits, what failed, what was given up.
    Notice {
        /// Markdown.
        text: String,
        /// What people saw written that is no reply: they can look at it again.
        activities: Vec<Activity>,
    },
    /// An agent waits for a decision. What it asks, and whether it is still open, the channel reads
    /// from the store when it carries this out.
    Question {
        /// Which question.
        approval: ApprovalId,
        /// One line of Markdown, for where a card shows the rest.
        title: String,
        /// Markdown with all that is decided, for where nothing better can be shown.
        text: String,
    },
    /// What came of a question; shown on it where the platform can, and no post of its own.
    Verdict {
        /// Which question.
        approval: ApprovalId,
        /// Markdown.
        text: String,
    },
}

impl Operation {
    /// The word kept in the store and shown to people.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Reply { .. } => "reply",
            Self::Notice { .. } => "notice",
            Self::Question { .. } => "question",
            Self::Verdict { .. } => "verdict",
        }
    }

    /// What people will read, where there is nothing but text.
    pub fn text(&self) -> &str {
        match self {
            Self::Reply { text, .. }
            | Self::Notice { text, .. }
            | Self::Question { text, .. }
            | Self::Verdict { text, .. } => text,
        }
    }

    /// A notice that is only text.
    pub fn notice(text: impl Into<String>) -> Self {
        Self::Notice {
            text: text.into(),
            activities: Vec::new(),
        }
    }

    /// A reply that is only text.
    pub fn reply(text: impl Into<String>) -> Self {
        Self::Reply {
            text: text.into(),
            activities: Vec::new(),
            files: Vec::new(),
        }
    }
}

/// A delivery before the store has numbered it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// What is to be done.
    pub operation: Operation,
    /// The message that it answers: its reply route is where the delivery goes.
    pub message: MessageId,
}

/// An outgoing operation, handed to its channel.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// Its number: the idempotency key, the same at every try.
    pub id: DeliveryId,
    /// Whose line it stands in.
    pub conversation: ConversationId,
    /// Where it goes.
    pub place: Place,
    /// Who says it.
    pub persona: PersonaName,
    /// The message that it answers, where there is one.
    pub message: Option<MessageId>,
    /// The channel's own address, frozen when that message arrived.
    pub reply_route: serde_json::Value,
    /// What is to be done.
    pub operation: Operation,
    /// 1 for the first try.
    pub attempt: u32,
    /// An earlier try may have reached the platform. A channel that cannot deduplicate marks what
    /// it sends as possibly repeated.
    pub maybe_repeated: bool,
    /// When it was put into the outbox.
    pub at: Wall,
}

/// What a delivery is, in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Its turn in the line has not come, or a pause is not over.
    Waiting,
    /// Handed to its channel.
    Sending,
    /// The platform has it.
    Sent,
    /// Handed to its channel, and nobody knows what came of it; it will be tried again.
    Unknown,
    /// Given up, with a reason; it can be replayed.
    Dead,
}

words!(DeliveryState {
    Waiting: "waiting",
    Sending: "sending",
    Sent: "sent",
    Unknown: "unknown",
    Dead: "dead",
});
