//! Reads of single messages, of their turns and of their conversations.

use async_trait::async_trait;

use super::{
    ConversationView, ConversationsQuery, ListedConversation, StoreError, TurnSaid, TurnView,
};
use crate::id::{MessageId, TurnId};
use crate::message::Message;
use crate::name::{AccountName, ChannelName, ExternalId, PersonaName};
use crate::place::Place;

/// Reads messages, their turns and their conversations.
///
/// Each read shows one committed state, never a cache. An unknown number or name is `None`, not an error.
#[async_trait]
pub trait MessageViews: Send + Sync + 'static {
    /// One message; `None` if no message has this number.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// The message with this platform id, or the message that a message with this id was joined into.
    async fn message_by_external_id(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &ExternalId,
    ) -> Result<Option<Message>, StoreError>;

    /// The last turn of a message.
    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError>;

    /// The stored reply of this turn, which must be the last turn of the message.
    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError>;

    /// A conversation for display; `None` if this persona never got a message in this place.
    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError>;

    /// The conversations of one chat and of the chats within: first those with a turn or with waiting messages, then those
    /// with the newest messages.
    async fn conversations(
        &self,
        query: ConversationsQuery,
    ) -> Result<Vec<ListedConversation>, StoreError>;
}
