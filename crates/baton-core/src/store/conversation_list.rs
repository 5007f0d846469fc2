//! Lists of conversations.

use crate::id::MessageId;
use crate::name::{AccountName, AgentName, ChannelName, PersonaName};
use crate::place::Place;

/// A filter for conversations.
#[derive(Clone, Debug)]
pub struct ConversationsQuery {
    /// The channel.
    pub channel: ChannelName,
    /// The account.
    pub account: AccountName,
    /// The address of the chat. The chats within have addresses with `/` after this address.
    pub chat: String,
    /// The maximum number of conversations.
    pub limit: usize,
}

/// A conversation in a list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedConversation {
    /// The place.
    pub place: Place,
    /// The platform's id of the conversation's own topic, if Baton created one.
    pub topic: Option<String>,
    /// The persona.
    pub persona: PersonaName,
    /// The agent of the persona.
    pub agent: AgentName,
    /// The model that people chose; `None` for the agent's own.
    pub model: Option<String>,
    /// Whether a turn runs.
    pub is_running: bool,
    /// The number of waiting messages.
    pub waiting: u32,
    /// Whether the messages of the conversation come without a notification.
    pub is_muted: bool,
    /// The newest message of a person, with the beginning of its text, at most 400 characters.
    pub newest: Option<(MessageId, String)>,
}
