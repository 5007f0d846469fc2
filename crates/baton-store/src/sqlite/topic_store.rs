//! Reserves and records topics.

use async_trait::async_trait;
use baton_core::id::{ConversationId, Fence};
use baton_core::store::{ReserveTopic, Reserved, StoreError, TopicError, TopicStore};

use super::Sqlite;
use super::commands::{ReserveTopicCommand, TopicCreatedCommand};

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
}
