//! Reserves, records and finds topics.

use async_trait::async_trait;
use baton_core::id::{ConversationId, Fence};
use baton_core::name::{AccountName, ChannelName};
use baton_core::place::Place;
use baton_core::store::{
    Adoption, ReplaceTopic, ReserveTopic, Reserved, StoreError, StoredTopic, TopicError, TopicStore,
};

use super::Sqlite;
use super::commands::{
    AdoptTopicCommand, ReplaceTopicCommand, ReserveTopicCommand, TopicCreatedCommand,
};
use super::queries;

#[async_trait]
impl TopicStore for Sqlite {
    async fn reserve_topic(&self, reserve: ReserveTopic) -> Result<Reserved, StoreError> {
        self.writer.run(ReserveTopicCommand(reserve)).await
    }

    async fn topic_created(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<(), TopicError> {
        let platform_id = platform_id.to_owned();
        self.writer
            .run(TopicCreatedCommand {
                conversation,
                fence,
                platform_id,
            })
            .await
    }

    async fn adopt_topic(
        &self,
        conversation: ConversationId,
        fence: Fence,
        platform_id: &str,
    ) -> Result<Adoption, TopicError> {
        let platform_id = platform_id.to_owned();
        self.writer
            .run(AdoptTopicCommand {
                conversation,
                fence,
                platform_id,
            })
            .await
    }

    async fn replace_topic(&self, replace: ReplaceTopic) -> Result<Reserved, StoreError> {
        self.writer.run(ReplaceTopicCommand(replace)).await
    }

    async fn topic_of(
        &self,
        conversation: ConversationId,
    ) -> Result<Option<StoredTopic>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_topic(connection, conversation))
            .await
    }

    async fn topic_place(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        platform_id: &str,
    ) -> Result<Option<Place>, StoreError> {
        let (channel, account) = (channel.clone(), account.clone());
        let platform_id = platform_id.to_owned();
        self.readers
            .run_query(move |connection| {
                queries::read_topic_place(connection, &channel, &account, &platform_id)
            })
            .await
    }
}
