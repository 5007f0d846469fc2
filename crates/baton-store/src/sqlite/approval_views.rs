//! Reads approvals.

use async_trait::async_trait;
use baton_core::approval::Approval;
use baton_core::id::ApprovalId;
use baton_core::store::{ApprovalViews, ApprovalsQuery, StoreError};

use super::Sqlite;
use super::queries;

#[async_trait]
impl ApprovalViews for Sqlite {
    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_approval(connection, id))
            .await
    }

    async fn sent_card(&self, id: ApprovalId) -> Result<Option<String>, StoreError> {
        self.readers
            .run_query(move |connection| queries::read_sent_card(connection, id))
            .await
    }

    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError> {
        self.readers
            .run_query(move |connection| queries::list_approvals(connection, &query))
            .await
    }
}
