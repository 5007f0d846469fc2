//! Turns: runs of an agent for one or more messages, and their possible ends.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::id::{ConversationId, Fence, Generation, TurnId};
use crate::message::Message;
use crate::name::{AgentName, PersonaName, SessionId};
use crate::place::Place;
use crate::state_words::state_words;

/// The permission to run a turn, with the input for the run. The holder may finish the turn while the claim's
/// fence is the newest of the conversation.
#[derive(Clone, Debug)]
pub struct Claim {
    /// The new turn.
    pub turn: TurnId,
    /// The conversation of the turn.
    pub conversation: ConversationId,
    /// The place of the conversation.
    pub place: Place,
    /// The persona that answers.
    pub persona: PersonaName,
    /// The agent of the persona.
    pub agent: AgentName,
    /// The messages to answer, in order; never empty.
    pub messages: Vec<Message>,
    /// The agent's own id of the session, if an earlier turn set one.
    pub session: Option<SessionId>,
    /// The model that people chose for this conversation; `None` for the agent's own.
    pub model: Option<String>,
    /// The number of the conversation's current session.
    pub generation: Generation,
    /// The number of the claim. It outdates every earlier claim of the conversation.
    pub fence: Fence,
    /// The number of the try; 1 for the first.
    pub attempt: u32,
    /// The number of earlier tries that found the agent unavailable.
    pub unavailable: u32,
    /// Whether an earlier try was interrupted after it had begun to act on the outside world. The agent gets
    /// this information, so that it checks the present state before it acts again.
    pub interrupted: bool,
}

impl Claim {
    /// The number of this try, and of earlier tries that found the agent unavailable.
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
    /// The number of the try; 1 for the first.
    pub number: u32,
    /// The number of earlier tries that found the agent unavailable.
    pub unavailable: u32,
}

/// The end of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TurnEnd {
    /// The agent has finished. The messages are answered, with or without a reply.
    Done,
    /// The turn failed. Its messages wait again, and the conversation runs no turn before the pause has
    /// ended.
    Retry {
        /// The failure, for people.
        reason: String,
        /// The pause before the next turn of the conversation.
        pause: Duration,
        /// Whether the agent was unavailable. Such tries have their own limit.
        unavailable: bool,
    },
    /// The turn failed, and no further try follows. Its messages are dead.
    Dead {
        /// The failure, for people.
        reason: String,
    },
    /// A stop ended the turn. Its messages are withdrawn.
    Cancelled {
        /// The cause of the stop, for people.
        reason: String,
    },
    /// The program shuts down, or the claim is lost. The messages wait again, and the try does not count.
    Interrupted,
}

/// The state of a turn in the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum TurnState {
    /// A process or an outside worker runs the turn.
    Running,
    /// The agent finished the turn.
    Done,
    /// The turn ended in an error.
    Failed,
    /// A stop ended the turn.
    Cancelled,
    /// The holder of the turn shut down or disappeared.
    Interrupted,
}

state_words!(TurnState {
    Running: "running",
    Done: "done",
    Failed: "failed",
    Cancelled: "cancelled",
    Interrupted: "interrupted",
});

impl TurnEnd {
    /// The state of a turn after this end.
    pub fn state(&self) -> TurnState {
        match self {
            Self::Done => TurnState::Done,
            Self::Retry { .. } | Self::Dead { .. } => TurnState::Failed,
            Self::Cancelled { .. } => TurnState::Cancelled,
            Self::Interrupted => TurnState::Interrupted,
        }
    }

    /// The reason, unless the kind of end explains itself.
    pub fn reason(&self) -> Option<&str> {
        match self {
            Self::Done | Self::Interrupted => None,
            Self::Retry { reason, .. } | Self::Dead { reason } | Self::Cancelled { reason } => {
                Some(reason)
            }
        }
    }
}

/// The change of a finished turn to the conversation's session.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SessionChange {
    /// No change.
    #[default]
    Keep,
    /// The conversation continues in this session.
    Set(SessionId),
    /// The conversation has no session any more.
    Forget,
}

/// The usage of a turn, as the agent counts it, for people to read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Usage {
    /// The number of input tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_tokens: Option<u64>,
    /// The number of output tokens.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens: Option<u64>,
    /// The cost in millionths of a US dollar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cost_micros: Option<u64>,
    /// The working time of the agent in milliseconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub duration_ms: Option<u64>,
}
