//! Tells the store when something is over, exactly then; and, where it does so anyway, once a day what
//! has been kept long enough.

use std::sync::Arc;
use std::time::Duration;

use crate::clock::{Clock, Steady, Wall, millis};
use crate::runtime::Limits;
use crate::store::{Store, StoreError};

/// Ends what is over.
pub(crate) struct Timekeeper {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    /// How long to wait before trying again what the store could not.
    after_failure: Duration,
    /// How long what happened is kept.
    keep_events: Duration,
}

/// How often it is looked for what has been kept long enough.
const BETWEEN_CLEANINGS: Duration = Duration::from_hours(24);

impl Timekeeper {
    pub(crate) fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, limits: &Limits) -> Self {
        Self {
            store,
            clock,
            after_failure: limits.retry.first_pause,
            keep_events: limits.keep_events,
        }
    }

    /// Returns when the store is closed, or has died.
    pub(crate) async fn run(self) {
        let mut next_deadline = self.store.next_deadline();
        let mut next_cleaning = self.clock.steady();
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
            let mut done = self.store.expire().await.map(|_| ());
            if done.is_ok() && self.clock.steady() >= next_cleaning {
                next_cleaning = self.clock.steady().after(BETWEEN_CLEANINGS);
                done = self.clean().await;
            }
            match done {
                Ok(()) => {}
                Err(StoreError::Closed) => return,
                Err(error) => {
                    tracing::error!(%error, "what is over could not be ended yet");
                    let again = self.clock.steady().after(self.after_failure);
                    self.clock.sleep_until(again).await;
                }
            }
        }
    }

    async fn clean(&self) -> Result<(), StoreError> {
        let before = self.clock.wall().0.saturating_sub(millis(self.keep_events));
        let before = Wall(before);
        while self.store.forget_events(before).await? > 0 {}
        Ok(())
    }

    async fn sleep_until(&self, deadline: Option<Steady>) {
        match deadline {
            Some(deadline) => self.clock.sleep_until(deadline).await,
            None => std::future::pending().await,
        }
    }
}
