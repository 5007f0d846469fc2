//! Adds to the outbox, and records the outcomes of attempts.

use async_trait::async_trait;
use baton_core::name::ChannelName;
use baton_core::slots::Slot;
use baton_core::store::{
    DeliveryAttempt, DeliveryFailure, DeliveryStore, OutcomeError, PostReply, Posted, StoreError,
};

use super::Sqlite;
use super::commands::{DeliveryFailedCommand, DeliverySentCommand, PostReplyCommand};

#[async_trait]
impl DeliveryStore for Sqlite {
    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError> {
        self.writer.run(PostReplyCommand(post)).await
    }

    async fn delivery_sent(
        &self,
        attempt: DeliveryAttempt,
        platform_id: Option<String>,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        self.writer
            .run(DeliverySentCommand {
                attempt,
                platform_id,
                slot,
            })
            .await
    }

    async fn delivery_failed(
        &self,
        attempt: DeliveryAttempt,
        failure: DeliveryFailure,
        slot: Option<Slot<ChannelName>>,
    ) -> Result<(), OutcomeError> {
        self.writer
            .run(DeliveryFailedCommand {
                attempt,
                failure,
                slot,
            })
            .await
    }
}
