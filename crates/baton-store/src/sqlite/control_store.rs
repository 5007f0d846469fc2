//! Carries out the operations of people.

use async_trait::async_trait;
use baton_core::id::{ConversationId, Generation, MessageId, Seq};
use baton_core::name::PersonId;
use baton_core::store::{ControlError, ControlStore, Stopped, StoreError, Subject};

use super::Sqlite;
use super::commands::{
    DropDeadCommand, ReplayCommand, ResetCommand, SetModelCommand, SetMutedCommand, StopCommand,
};

#[async_trait]
impl ControlStore for Sqlite {
    async fn stop(&self, message: MessageId, by: &PersonId) -> Result<Stopped, ControlError> {
        self.writer
            .run(StopCommand {
                message,
                by: by.clone(),
            })
            .await
    }

    async fn replay(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.writer.run(ReplayCommand { id, by: by.clone() }).await
    }

    async fn drop_dead(&self, id: Seq, by: &PersonId) -> Result<Subject, ControlError> {
        self.writer
            .run(DropDeadCommand { id, by: by.clone() })
            .await
    }

    async fn reset(&self, conversation: ConversationId) -> Result<(), StoreError> {
        let reset = ResetCommand {
            conversation,
            generation: None,
        };
        self.writer.run(reset).await.map(drop)
    }

    async fn reset_session(
        &self,
        conversation: ConversationId,
        generation: Generation,
    ) -> Result<bool, StoreError> {
        let reset = ResetCommand {
            conversation,
            generation: Some(generation),
        };
        self.writer.run(reset).await
    }

    async fn set_model(
        &self,
        conversation: ConversationId,
        model: Option<String>,
    ) -> Result<(), StoreError> {
        self.writer
            .run(SetModelCommand {
                conversation,
                model,
            })
            .await
    }

    async fn set_muted(
        &self,
        conversation: ConversationId,
        is_muted: bool,
    ) -> Result<(), StoreError> {
        self.writer
            .run(SetMutedCommand {
                conversation,
                is_muted,
            })
            .await
    }
}
