//! Queries for waiting and running messages.

use crate::id::{ConversationId, MessageId};
use crate::message::{Message, MessageState};
use crate::name::{AccountName, AgentName, ChannelName, ExternalId, PersonaName};
use crate::place::Place;

/// A filter for waiting and running messages.
#[derive(Clone, Debug)]
pub struct WaitingQuery {
    /// Only messages of this channel and account; `None` for all.
    pub of: Option<(ChannelName, AccountName)>,
    /// Only messages from places with these addresses; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// No messages from these places.
    pub not_in: Vec<Place>,
    /// Only messages to these personas; empty for all.
    pub personas: Vec<PersonaName>,
    /// Only messages for these agents; `None` for all.
    pub agents: Option<Vec<AgentName>>,
    /// Whether to leave out running messages.
    pub only_waiting: bool,
    /// The maximum number of messages.
    pub limit: usize,
}

impl WaitingQuery {
    /// A filter for all waiting and running messages, at most `limit` of them.
    pub fn at_most(limit: usize) -> Self {
        Self {
            of: None,
            addresses: None,
            not_in: Vec::new(),
            personas: Vec::new(),
            agents: None,
            only_waiting: false,
            limit,
        }
    }
}

/// A waiting or running message, without its text and files.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// The number of the message.
    pub id: MessageId,
    /// The conversation of the message.
    pub conversation: ConversationId,
    /// The place of the message.
    pub place: Place,
    /// The persona that should answer.
    pub persona: PersonaName,
    /// The platform's id of the message.
    pub external_id: ExternalId,
    /// The current state.
    pub state: MessageState,
    /// The reason for the state, if the state alone does not explain it.
    pub reason: Option<String>,
    /// The number of turns with this message.
    pub attempts: u32,
}

impl From<Message> for Queued {
    fn from(message: Message) -> Self {
        Self {
            id: message.id,
            conversation: message.conversation,
            place: message.place,
            persona: message.persona,
            external_id: message.external_id,
            state: message.state,
            reason: message.reason,
            attempts: message.attempts,
        }
    }
}
