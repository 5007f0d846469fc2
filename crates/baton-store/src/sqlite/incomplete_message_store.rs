//! Reads, revises and removes the messages that wait for their files.

use async_trait::async_trait;
use baton_core::name::{AccountName, ChannelName, ExternalId};
use baton_core::store::{
    IncompleteChat, IncompleteId, IncompleteMessage, IncompleteMessageStore, StoreError,
};

use super::Sqlite;
use super::commands::{DropIncompleteCommand, ReviseIncompleteCommand};
use super::queries;

#[async_trait]
impl IncompleteMessageStore for Sqlite {
    async fn incomplete_chats(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<IncompleteChat>, StoreError> {
        let (channel, account) = (channel.clone(), account.clone());
        self.readers
            .run_query(move |connection| {
                queries::read_incomplete_chats(connection, &channel, &account)
            })
            .await
    }

    async fn first_incomplete(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        chat: &str,
    ) -> Result<Option<IncompleteMessage>, StoreError> {
        let (channel, account, chat) = (channel.clone(), account.clone(), chat.to_owned());
        self.readers
            .run_query(move |connection| {
                queries::read_first_incomplete(connection, &channel, &account, &chat)
            })
            .await
    }

    async fn incomplete_message(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        external_id: &ExternalId,
    ) -> Result<Option<IncompleteMessage>, StoreError> {
        let (channel, account) = (channel.clone(), account.clone());
        let external_id = external_id.clone();
        self.readers
            .run_query(move |connection| {
                queries::read_incomplete_message(connection, &channel, &account, &external_id)
            })
            .await
    }

    async fn revise_incomplete(
        &self,
        id: IncompleteId,
        content: String,
    ) -> Result<bool, StoreError> {
        let command = ReviseIncompleteCommand { id, content };
        self.writer.run(command).await
    }

    async fn drop_incomplete(&self, id: IncompleteId) -> Result<bool, StoreError> {
        self.writer.run(DropIncompleteCommand(id)).await
    }
}
