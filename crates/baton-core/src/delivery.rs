//! Deliveries: the entries of the outbox. Each is one operation on a platform.

use serde::{Deserialize, Serialize};

use crate::activity::Activity;
use crate::clock::Wall;
use crate::id::{ApprovalId, ConversationId, DeliveryId, Epoch, MessageId};
use crate::message::Attachment;
use crate::name::PersonaName;
use crate::place::Place;
use crate::state_words::state_words;
use crate::store::DeliveryAttempt;
use crate::topic::TopicEnd;

/// An operation on a platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase", tag = "operation")]
pub enum Operation {
    /// The reply of an agent.
    Reply {
        /// The text, as Markdown.
        text: String,
        /// The activities of the agent before the reply.
        activities: Vec<Activity>,
        /// The files that the channel sends with the reply.
        files: Vec<Attachment>,
    },
    /// A message of Baton itself, for example about a failed turn.
    Notice {
        /// The text, as Markdown.
        text: String,
        /// The partial reply of a failed turn, so that people can read the reply again.
        activities: Vec<Activity>,
    },
    /// An approval that waits for a decision. The channel reads the question and the current state from the
    /// store when it sends the delivery.
    Question {
        /// The approval.
        approval: ApprovalId,
        /// One line of Markdown, for a platform with a card that shows the rest.
        title: String,
        /// The complete question as Markdown, for a platform without cards.
        text: String,
    },
    /// The outcome of an approval. If the platform can, the channel shows the outcome on the sent approval. The outcome
    /// is no post of its own.
    Verdict {
        /// The approval.
        approval: ApprovalId,
        /// The outcome, as Markdown.
        text: String,
    },
    /// The end of an idle topic. The end answers no message, and is no post of its own.
    Topic {
        /// The platform's id of the topic.
        topic: String,
        /// The end.
        end: TopicEnd,
        /// The reason, for operators.
        text: String,
    },
}

impl Operation {
    /// The word for the operation, as in the store and in the API.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Reply { .. } => "reply",
            Self::Notice { .. } => "notice",
            Self::Question { .. } => "question",
            Self::Verdict { .. } => "verdict",
            Self::Topic { .. } => "topic",
        }
    }

    /// The text of the operation, for a reader without cards, steps and files.
    pub fn text(&self) -> &str {
        match self {
            Self::Reply { text, .. }
            | Self::Notice { text, .. }
            | Self::Question { text, .. }
            | Self::Verdict { text, .. }
            | Self::Topic { text, .. } => text,
        }
    }

    /// A notice with only a text.
    pub fn notice(text: impl Into<String>) -> Self {
        Self::Notice {
            text: text.into(),
            activities: Vec::new(),
        }
    }

    /// A reply with only a text.
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
    /// The operation on the platform.
    pub operation: Operation,
    /// The answered message. The delivery goes to the reply route of this message.
    pub message: MessageId,
}

/// A numbered delivery, as a channel gets it.
#[derive(Clone, Debug)]
pub struct Delivery {
    /// The number of the delivery: its idempotency key, the same in every try.
    pub id: DeliveryId,
    /// The conversation with this delivery in its outbox.
    pub conversation: ConversationId,
    /// The destination.
    pub place: Place,
    /// The persona that speaks.
    pub persona: PersonaName,
    /// The answered message, if there is one.
    pub message: Option<MessageId>,
    /// The channel's own address for the reply, fixed when the answered message arrived.
    pub reply_route: serde_json::Value,
    /// The operation on the platform.
    pub operation: Operation,
    /// Whether people want no notification about the messages of the conversation, besides questions.
    pub is_muted: bool,
    /// The number of the try; 1 for the first.
    pub attempt: u32,
    /// The epoch of the process that sends the delivery.
    pub epoch: Epoch,
    /// Whether an earlier try may have reached the platform. A channel that cannot detect duplicates marks
    /// the post as possibly repeated.
    pub maybe_repeated: bool,
    /// The time when the delivery entered the outbox.
    pub at: Wall,
}

impl Delivery {
    /// Whether an earlier try may have done some of the work.
    pub fn has_earlier_try(&self) -> bool {
        self.maybe_repeated || self.attempt > 1
    }

    /// This attempt to send the delivery, for its outcome.
    pub fn current_attempt(&self) -> DeliveryAttempt {
        DeliveryAttempt {
            delivery: self.id,
            number: self.attempt,
            epoch: self.epoch,
        }
    }
}

/// The state of a delivery in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum DeliveryState {
    /// Earlier deliveries of the outbox are not sent yet, or a pause has not ended.
    Waiting,
    /// The channel is sending the delivery.
    Sending,
    /// The platform has accepted the delivery.
    Sent,
    /// The channel tried to send the delivery, and the outcome is unknown. Another try follows.
    Unknown,
    /// Baton gave up the delivery, with a reason. People can replay the delivery.
    Dead,
}

state_words!(DeliveryState {
    Waiting: "waiting",
    Sending: "sending",
    Sent: "sent",
    Unknown: "unknown",
    Dead: "dead",
});
