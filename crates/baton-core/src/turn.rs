//! One run of an agent for one or more messages, and how it can end.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, Fence, Generation, TurnId};
use crate::message::Message;
use crate::name::{AgentName, PersonaName, SessionId};
use crate::place::Place;
use crate::words::words;

/// The right to run a turn, and all that is needed to run it. Whoever holds it may finish the turn
/// for as long as its fence is the conversation's newest.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The turn that was begun.
    pub turn: TurnId,
    /// The conversation that it runs in.
    pub conversation: ConversationId,
    /// Where that is.
    pub place: Place,
    /// Who answers.
    pub persona: PersonaName,
    /// What answers.
    pub agent: AgentName,
    /// What is to be answered, in order; never empty.
    pub messages: Vec<Message>,
    /// The agent's own memory handle, where an earlier turn left one.
    pub session: Option<SessionId>,
    /// The model that people chose for this conversation; the agent's own where `None`.
    pub model: Option<String>,
    /// Which of the conversation's sessions that is.
    pub generation: Generation,
    /// Outdates every earlier claim of the conversation.
    pub fence: Fence,
    /// 1 for the first try.
    pub attempt: u32,
    /// How many earlier tries found the agent unavailable.
    pub unavailable: u32,
    /// An earlier try was cut off after it had begun to act: the agent is told, so that it looks
    /// before it acts again.
    pub interrupted: bool,
}

impl Claim {
    /// The number of this try, and of those before it.
    pub fn tries(&self) -> Tries {
        Tries {
            number: self.attempt,
            unavailable: self.unavailable,
        }
    }
}

/// A try to answer a message, among the other tries of the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tries {
    /// 1 for the first try.
    pub number: u32,
    /// How many earlier tries found the agent unavailable.
    pub unavailable: u32,
}

/// How a turn is over.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEnd {
    /// The agent is done; its messages are answered, with or without a reply.
    Done,
    /// It failed; its messages wait again, and nothing runs in the conversation before the pause is
    /// over.
    Retry {
        /// What went wrong, for people.
        reason: String,
        /// How long the conversation rests.
        pause: Duration,
        /// The agent was unavailable. Such a try counts apart from the tries that failed.
        unavailable: bool,
    },
    /// It failed for good; its messages are dead.
    Dead {
        /// What went wrong, for people.
        reason: String,
    },
    /// Somebody stopped it; its messages are withdrawn.
    Cancelled {
        /// Who or what stopped it.
        reason: String,
    },
    /// The program is going down; its messages wait again and the try does not count.
    Interrupted,
}

/// What a turn is, in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TurnState {
    /// Somebody holds it.
    Running,
    /// It ended as it should.
    Done,
    /// It ended in an error.
    Failed,
    /// It was stopped.
    Cancelled,
    /// Its holder went away.
    Interrupted,
}

words!(TurnState {
    Running: "running",
    Done: "done",
    Failed: "failed",
    Cancelled: "cancelled",
    Interrupted: "interrupted",
});

impl TurnEnd {
    /// The state that a turn which ended so is left in.
    pub fn state(&self) -> TurnState {
        match self {
            Self::Done => TurnState::Done,
            Self::Retry { .. } | Self::Dead { .. } => TurnState::Failed,
            Self::Cancelled { .. } => TurnState::Cancelled,
            Self::Interrupted => TurnState::Interrupted,
        }
    }

    /// Why, where it is not plain.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Done | Self::Interrupted => None,
            Self::Retry { reason, .. } | Self::Dead { reason } | Self::Cancelled { reason } => {
                Some(reason)
            }
        }
    }
}

/// What a finished turn says of the conversation's session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SessionChange {
    /// Nothing.
    #[default]
    Keep,
    /// This is the session from now on.
    Set(SessionId),
    /// There is none any more.
    Forget,
}

/// What a turn used, as the agent counts it; kept for people to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// Tokens read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// Tokens written.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// Millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
    /// Milliseconds that the agent worked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}
