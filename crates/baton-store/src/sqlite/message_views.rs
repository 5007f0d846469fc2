//! Reads messages, turns and conversations.

use async_trait::async_trait;
use baton_core::id::{MessageId, TurnId};
use baton_core::message::Message;
use baton_core::name::{AccountName, ChannelName, ExternalId, PersonaName};
use baton_core::place::Place;
use baton_core::store::{
    ConversationView, ConversationsQuery, ListedConversation, MessageViews, StoreError, TurnSaid,
    TurnView,
};

use super::Sqlite;
use super::{queries, row_values};

#[async_trait]
impl MessageViews for Sqlite {
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.readers
            .run_query(move |connection| row_values::read_message(connection, id))
            .await
    }

    async fn message_by_external_id(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        id: &ExternalId,
    ) -> Result<Option<Message>, StoreError> {
        let (channel, account, id) = (channel.clone(), account.clone(), id.clone());
        self.readers
            .run_query(move |connection| {
                row_values::read_message_of_part(connection, &channel, &account, &id)
            })
            .await
    }

    async fn turn_of(&self, message: MessageId) -> Result<Option<TurnView>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_last_turn(connection, message))
            .await
    }

    async fn said_in(&self, message: MessageId, turn: TurnId) -> Result<TurnSaid, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_turn_reply(connection, message, turn))
            .await
    }

    async fn conversation(
        &self,
        place: &Place,
        persona: &PersonaName,
    ) -> Result<Option<ConversationView>, StoreError> {
        let (place, persona) = (place.clone(), persona.clone());
        self.readers
            .run_query(move |connection| {
                queries::read_conversation_view(connection, &place, &persona)
            })
            .await
    }

    async fn conversations(
        &self,
        query: ConversationsQuery,
    ) -> Result<Vec<ListedConversation>, StoreError> {
        self.readers
            .run_query(move |connection| queries::list_conversations(connection, &query))
            .await
    }
}
