//! Records messages, edits and deletions.

use async_trait::async_trait;
use baton_core::id::MessageId;
use baton_core::store::{
    Edited, Ingest, Ingested, MessageEdited, MessageStore, MessagesDeleted, StoreError,
};

use super::Sqlite;
use super::commands::{IngestCommand, MessageEditedCommand, MessagesDeletedCommand};

#[async_trait]
impl MessageStore for Sqlite {
    async fn ingest(&self, ingest: Ingest) -> Result<Vec<Ingested>, StoreError> {
        self.writer.run(IngestCommand(ingest)).await
    }

    async fn message_edited(&self, edited: MessageEdited) -> Result<Edited, StoreError> {
        let command = MessageEditedCommand(edited);
        self.writer.run(command).await
    }

    async fn messages_deleted(
        &self,
        deleted: MessagesDeleted,
    ) -> Result<Vec<MessageId>, StoreError> {
        let command = MessagesDeletedCommand(deleted);
        self.writer.run(command).await
    }
}
