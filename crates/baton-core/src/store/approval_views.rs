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

    /// Approvals, newest first, without their inputs, because inputs may be long.
    /// [`approval`](Self::approval) returns one complete approval.
    async fn approvals(&self, query: ApprovalsQuery) -> Result<Vec<Approval>, StoreError>;
}
