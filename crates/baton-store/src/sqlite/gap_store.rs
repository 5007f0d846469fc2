//! Reads and closes gaps.

use async_trait::async_trait;
use baton_core::name::{AccountName, ChannelName};
use baton_core::store::{Gap, GapStore, StoreError};

use super::Sqlite;
use super::commands::GapClosedCommand;
use super::queries;

#[async_trait]
impl GapStore for Sqlite {
    async fn gaps(
        &self,
        channel: &ChannelName,
        account: &AccountName,
    ) -> Result<Vec<Gap>, StoreError> {
        let (channel, account) = (channel.clone(), account.clone());
        self.readers
            .run_query(move |connection| queries::read_gaps(connection, &channel, &account))
            .await
    }

    async fn gap_closed(&self, gap: Gap) -> Result<(), StoreError> {
        self.writer.run(GapClosedCommand(gap)).await
    }
}
