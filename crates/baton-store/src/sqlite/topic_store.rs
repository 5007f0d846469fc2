//! Reserves, records and finds topics.

use async_trait::async_trait;
use baton_core::id::{ConversationId, Fence};
use baton_core::name::{AccountName, ChannelName};
use baton_core::place::Place;
use baton_core::store::{
    Adoption, ListedTopic, PruneTopics, PrunedTopics, ReplaceTopic, ReserveTopic, Reserved,
    StoreError, StoredTopic, TopicAddress, TopicError, TopicReport, TopicStore,
};

use super::Sqlite;
use super::commands::{
    AdoptTopicCommand, ClaimTopicNameCommand, EndTopicsCommand, ReplaceTopicCommand,
    ReportTopicCommand, ReserveTopicCommand, TopicCreatedCommand,
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

    async fn report_topic(&self, report: TopicReport) -> Result<(), StoreError> {
        self.writer.run(ReportTopicCommand(report)).await
    }

    async fn claim_topic_name(&self, topic: TopicAddress, name: &str) -> Result<bool, StoreError> {
        let name = name.to_owned();
        self.writer.run(ClaimTopicNameCommand { topic, name }).await
    }

    async fn list_topics(&self) -> Result<Vec<ListedTopic>, StoreError> {
        self.readers.run_query(queries::read_topics).await
    }

    async fn prune_topics(&self, prune: PruneTopics) -> Result<PrunedTopics, StoreError> {
        let chosen = prune.choose(self.list_topics().await?);
        if prune.is_rehearsal || chosen.ended.is_empty() {
            return Ok(chosen);
        }
        self.writer.run(EndTopicsCommand { prune, chosen }).await
    }
}
