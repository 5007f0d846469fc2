//! The end of leases, pauses and approvals, and the age of old data.

use async_trait::async_trait;
use tokio::sync::watch;

use super::{FilesInUse, StoreError};
use crate::clock::{Steady, Wall};

/// Ends everything with a time limit, and removes old events.
///
/// * Order: nothing ends before its time, and [`next_deadline`](Self::next_deadline) is never too late.
/// * Idempotency: a call without anything to end or to remove changes nothing.
/// * Units: deadlines are steady time. The age of events and files is wall-clock time.
/// * Errors: [`StoreError`] only.
#[async_trait]
pub trait TimeStore: Send + Sync + 'static {
    /// Ends expired leases, pauses and approvals. Returns the time of the next necessary call; `None` if
    /// nothing can expire. [`next_deadline`](Self::next_deadline) announces changes of this time.
    async fn expire(&self) -> Result<Option<Steady>, StoreError>;

    /// The time of the next necessary call of [`expire`](Self::expire). Every commit that changes this time
    /// updates the value.
    fn next_deadline(&self) -> watch::Receiver<Option<Steady>>;

    /// Removes some of the oldest events before this time. Events exist only for
    /// [`trace`](super::QueueViews::trace). Returns the number of removed events; 0 if none is left to remove.
    async fn forget_events(&self, before: Wall) -> Result<usize, StoreError>;

    /// The files that must not be removed, and the newest stored time.
    async fn files_in_use(&self) -> Result<FilesInUse, StoreError>;
}
