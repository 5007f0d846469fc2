//! Reads of approvals.

use async_trait::async_trait;

use super::{ApprovalsQuery, StoreError};
use crate::approval::Approval;
use crate::id::ApprovalId;

/// Reads approvals.
///
/// Each read shows one committed state, never a cache. An unknown number is `None`, not an error.
#[async_trait]
pub trait ApprovalViews: Send + Sync + 'static {
    /// One approval; `None` if no approval has this number.
    async fn approval(&self, id: ApprovalId) -> Result<Option<Approval>, StoreError>;

    /// The platform's id of the post that asks for this approval; `None` if the platform did not tell the id, or has no
    /// such post yet.
    async fn sent_card(&self, id: ApprovalId) -> Result<Option<String>, StoreError>;

    /// Approvals, newest first, without their inputs, because inputs may be long.
    /// [`approval`](Self::approval) returns one complete approval.
    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError>;
}
