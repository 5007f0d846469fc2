//! What waits or runs, and where in its line.

use crate::id::{ConversationId, MessageId};
use crate::message::{Message, MessageState};
use crate::name::{AccountName, AgentName, ChannelName, ExternalId, PersonaName};
use crate::place::Place;

/// Which messages that wait or run.
#[derive(Clone, Debug)]
pub struct WaitingQuery {
    /// Of which channel and account; `None` for all.
    pub of: Option<(ChannelName, AccountName)>,
    /// Only in places of these addresses; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// Not in these places.
    pub not_in: Vec<Place>,
    /// Only of these personas; empty for all.
    pub personas: Vec<PersonaName>,
    /// Only of these agents; `None` for all.
    pub agents: Option<Vec<AgentName>>,
    /// Not those that run.
    pub only_waiting: bool,
    /// At most this many.
    pub limit: usize,
}

impl WaitingQuery {
    /// All messages that wait or run, at most so many.
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

/// A message that waits or runs, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Queued {
    /// Its number.
    pub id: MessageId,
    /// Whose line it stands in.
    pub conversation: ConversationId,
    /// Its place.
    pub place: Place,
    /// Who is to answer.
    pub persona: PersonaName,
    /// The platform's id.
    pub external_id: ExternalId,
    /// What it is.
    pub state: MessageState,
    /// Why, where that is not plain.
    pub reason: Option<String>,
    /// How many turns it has been given to.
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
