//! Adds to the outbox, and records the outcomes of attempts.

use async_trait::async_trait;
use baton_core::name::ChannelName;
use baton_core::slots::Slot;
use baton_core::store::{
    DeliveryAttempt, DeliveryFailure, DeliveryPart, DeliveryStore, OutcomeError, PartReceipt,
    PostReply, Posted, StoreError,
};
use serde_json::Value;

use super::Sqlite;
use super::commands::{
    BeginPartsCommand, DeliveryFailedCommand, DeliverySentCommand, PartSentCommand,
    PostReplyCommand, ReplacePartsCommand,
};

#[async_trait]
impl DeliveryStore for Sqlite {
    async fn post_reply(&self, post: PostReply) -> Result<Posted, StoreError> {
        self.writer.run(PostReplyCommand(post)).await
    }

    async fn begin_parts(
        &self,
        attempt: DeliveryAttempt,
        contents: Vec<Value>,
    ) -> Result<Vec<DeliveryPart>, OutcomeError> {
        let command = BeginPartsCommand { attempt, contents };
        self.writer.run(command).await
    }

    async fn replace_parts(
        &self,
        attempt: DeliveryAttempt,
        first: usize,
        contents: Vec<Value>,
    ) -> Result<(), OutcomeError> {
        self.writer
            .run(ReplacePartsCommand {
                attempt,
                first,
                contents,
            })
            .await
    }

    async fn part_sent(
        &self,
        attempt: DeliveryAttempt,
        part: usize,
        receipt: PartReceipt,
    ) -> Result<(), OutcomeError> {
        self.writer
            .run(PartSentCommand {
                attempt,
                part,
                receipt,
            })
            .await
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
