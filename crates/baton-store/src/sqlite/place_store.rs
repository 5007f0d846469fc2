//! Moves chats, and reads their moves.

use async_trait::async_trait;
use baton_core::name::{AccountName, ChannelName};
use baton_core::store::{ChatMove, MoveReport, PlaceStore, StoreError};

use super::Sqlite;
use super::commands::MoveChatCommand;
use super::queries;

#[async_trait]
impl PlaceStore for Sqlite {
    async fn move_chat(&self, chat: ChatMove) -> Result<MoveReport, StoreError> {
        self.writer.run(MoveChatCommand(chat)).await
    }

    async fn moved_chats(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<ChatMove>, StoreError> {
        let (channel, account) = (channel.clone(), account.clone());
        self.readers
            .run_query(move |connection| queries::read_moved_chats(connection, &channel, &account))
            .await
    }
}
