//! Reads and moves cursors.

use async_trait::async_trait;
use baton_core::name::{AccountName, ChannelName};
use baton_core::store::{CursorMove, CursorStore, StoreError};

use super::Sqlite;
use super::commands::SetCursorCommand;
use super::queries;

#[async_trait]
impl CursorStore for Sqlite {
    async fn cursor(
        &self,
        channel: &ChannelName,
        account: &AccountName,
        reader: &str,
    ) -> Result<Option<String>, StoreError> {
        let (channel, account, reader) = (channel.clone(), account.clone(), reader.to_owned());
        self.readers
            .run_query(move |connection| {
                queries::read_cursor(connection, &channel, &account, &reader)
            })
            .await
    }

    async fn set_cursor(&self, cursor: CursorMove) -> Result<(), StoreError> {
        self.writer.run(SetCursorCommand(cursor)).await
    }
}
