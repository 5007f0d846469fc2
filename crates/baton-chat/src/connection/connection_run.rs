//! The part of a connection that only the platform knows.

use async_trait::async_trait;
use baton_core::clock::Steady;
use tokio_util::sync::CancellationToken;

use super::connection_end::ConnectionEnd;

/// The platform's part of one shard. The chat layer calls [`Self::run_once`] on the same value after each loss, so the
/// value keeps the session. Only a panic leads to a new value.
#[async_trait]
pub trait ConnectionRun: Send {
    /// Waits until the platform permits another connection. Calls `spent` before a wait for the next day, with the end
    /// of this wait.
    async fn wait_for_permission(&mut self, spent: &(dyn Fn(Steady) + Sync)) {
        let _ = spent;
    }

    /// Connects, and handles events until the connection ends. Calls `live` as soon as the session has begun.
    async fn run_once(
        &mut self,
        live: &(dyn Fn() + Sync),
        shutdown: &CancellationToken,
    ) -> ConnectionEnd;

    /// Whether the next connection resumes a session.
    fn resumes(&self) -> bool {
        false
    }

    /// Forgets the session, so that the next connection begins a new one.
    fn forget_session(&mut self) {}
}
