//! Calls the store at each of its deadlines, and removes old data once a day.

use std::sync::Arc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use crate::clock::{Clock, Steady, Wall, millis};
use crate::files::{CLEANUP_INTERVAL, Files};
use crate::panics::run_again;
use crate::retry::RetryPolicy;
use crate::runtime::Limits;
use crate::store::{StoreError, TimeStore};

/// Ends expired leases, pauses and approvals, and removes old data.
pub(crate) struct Timekeeper {
    store: Arc<dyn TimeStore>,
    clock: Arc<dyn Clock>,
    files: Option<Arc<Files>>,
    /// The pauses after an error or a panic.
    retry: RetryPolicy,
    /// The retention time of the event log.
    keep_events: Duration,
}

impl Timekeeper {
    pub(crate) fn new(
        store: Arc<dyn TimeStore>,
        clock: Arc<dyn Clock>,
        files: Option<Arc<Files>>,
        limits: &Limits,
    ) -> Self {
        Self {
            store,
            clock,
            files,
            retry: limits.retry,
            keep_events: limits.keep_events,
        }
    }

    /// Returns when the store is closed, or has died.
    pub(crate) async fn run(self) {
        let never = CancellationToken::new();
        let (clock, retry) = (&*self.clock, self.retry);
        // Two separate tasks, so that a fault in one does not stop the other.
        let expiry = || self.expire_at_deadlines();
        let cleanup = || self.clean_daily();
        tokio::select! {
            _ = run_again("the expiry task", clock, retry, &never, expiry) => {}
            _ = run_again("the cleanup task", clock, retry, &never, cleanup) => {}
        }
    }

    async fn expire_at_deadlines(&self) {
        let mut next_deadline = self.store.next_deadline();
        loop {
            let deadline = *next_deadline.borrow_and_update();
            tokio::select! {
                changed = next_deadline.changed() => {
                    if changed.is_err() {
                        return;
                    }
                    continue;
                }
                () = self.sleep_until(deadline) => {}
            }
            match self.store.expire().await {
                Ok(_) => {}
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, "expired claims and approvals could not be ended yet");
                    self.sleep_for(self.retry.first_pause).await;
                }
            }
        }
    }

    async fn clean_daily(&self) {
        // The first round skips the files, because the start of the program has cleaned them.
        let mut files = None;
        loop {
            match self.remove_old_data(files).await {
                Ok(()) => {}
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, "old data could not be removed; the next try is in a day");
                }
            }
            self.sleep_for(CLEANUP_INTERVAL).await;
            files = self.files.as_deref();
        }
    }

    async fn remove_old_data(&self, files: Option<&Files>) -> Result<(), StoreError> {
        let in_use = self.store.files_in_use().await?;
        let now = self.clock.wall();
        if in_use.trusts_clock(now) {
            let before = Wall(now.0.saturating_sub(millis(self.keep_events)));
            while self.store.forget_events(before).await? > 0 {}
        } else {
            tracing::info!(
                newest = in_use.newest.map(|newest| newest.0),
                now = now.0,
                "the system clock is days away from the newest stored time, so nothing is removed"
            );
        }
        if let Some(files) = files {
            files.clean_up(in_use, now).await;
        }
        Ok(())
    }

    async fn sleep_for(&self, pause: Duration) {
        let end = self.clock.steady().after(pause);
        self.clock.sleep_until(end).await;
    }

    async fn sleep_until(&self, deadline: Option<Steady>) {
        match deadline {
            Some(deadline) => self.clock.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}
