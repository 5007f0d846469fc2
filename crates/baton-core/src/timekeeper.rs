//! Tells the store when something is over, exactly then.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Steady};
use crate::runtime::Limits;
use crate::store::{Store, StoreError};

/// Ends what is over.
pub(crate) struct Timekeeper {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// How long to wait before trying again what the store could not.
    after_failure: Duration,
}

impl Timekeeper {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, limits: &Limits) -> Self {
        Self {
            store,
            clock,
            after_failure: limits.retry.first_pause,
        }
    }

    /// Returns when the store is closed, or has died.
    pub(crate) async fn run(self) {
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
                    tracing::error!(%error, "what is over could not be ended yet");
                    let again = self.clock.steady().after(self.after_failure);
                    self.clock.sleep_until(again).await;
                }
            }
        }
    }

    async fn sleep_until(&self, deadline: Option<Steady>) {
        match deadline {
            Some(deadline) => self.clock.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}
