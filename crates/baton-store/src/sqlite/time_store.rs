//! Ends leases, pauses and approvals, and removes old events.

use async_trait::async_trait;
use baton_core::clock::{Steady, Wall};
use baton_core::store::{FilesInUse, StoreError, TimeStore};
use tokio::sync::watch;

use super::Sqlite;
use super::commands::{ExpireCommand, ForgetEventsCommand};
use super::queries;

#[async_trait]
impl TimeStore for Sqlite {
    async fn expire(&self) -> Result<Option<Steady>, StoreError> {
        self.writer.run(ExpireCommand).await
    }

    fn next_deadline(&self) -> watch::Receiver<Option<Steady>> {
        self.next_deadline.clone()
    }

    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError> {
        self.writer.run(ForgetEventsCommand { before }).await
    }

    async fn files_in_use(&self) -> Result<FilesInUse, StoreError> {
        self.readers.run_query(queries::read_files_in_use).await
    }
}
