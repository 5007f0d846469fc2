//! Updates from the listener of the webhook on their way to the chat layer.
//!
//! # Acknowledged after the commit, and joined all the same
//!
//! An album, or a long text, comes as several updates. The poll holds them back until all have come, and acknowledges them
//! together. A webhook cannot: Telegram's server keeps a queue for each chat, and sends the next update of a chat only
//! after the answer to the one before, whatever `max_connections` is. The second photo would wait for the answer to the
//! first, and the first for the second photo.
//!
//! So an update that may have further parts is first stored in its raw form, in one commit with the messages that came at
//! the same time. Then Baton acknowledges the update, and the next part comes. When no further part can follow, one commit
//! stores the joined message, and removes the raw parts. A crash at any moment loses nothing: the parts wait in the store,
//! and [`HeldUpdates::restore_updates`] reads them, also if the next process polls.
//!
//! Because of these queues, many connections do not change the order within a chat, and a slow chat holds up no other.
//! All updates that arrive during a commit share the next commit.

use baton_core::store::StoreError;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use super::held_updates::HeldUpdates;
use crate::telegram::updates::update_passing::UpdatePasser;

/// The most updates in one commit.
const MOST_TOGETHER: usize = 100;

/// An update that waits for its commit.
#[derive(Debug)]
pub(crate) struct ArrivedUpdate {
    pub(crate) raw: Value,
    /// Gets a signal after the commit. Dropped without a signal if the program ends.
    pub(crate) stored: oneshot::Sender<()>,
}

/// Takes updates one batch after the other.
pub(crate) struct WebhookIntake<'a> {
    pub(crate) passer: UpdatePasser<'a>,
    pub(crate) held: HeldUpdates,
    pub(crate) arrivals: mpsc::Receiver<ArrivedUpdate>,
}

impl WebhookIntake<'_> {
    /// Passes updates on until the program ends.
    pub(crate) async fn pass_arrivals(&mut self) -> Result<(), StoreError> {
        let clock = self.passer.account.clock();
        loop {
            let mut arrived = Vec::new();
            let due = self.held.next_due();
            let parts_are_due = async {
                match due {
                    Some(due) => clock.sleep_until(due).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                count = self.arrivals.recv_many(&mut arrived, MOST_TOGETHER) => {
                    if count == 0 {
                        return Ok(());
                    }
                }
                () = parts_are_due => {}
            }
            self.pass_batch(arrived).await?;
        }
    }

    /// Stores the updates, and passes on all that need not be held.
    async fn pass_batch(&mut self, arrived: Vec<ArrivedUpdate>) -> Result<(), StoreError> {
        let clock = self.passer.account.clock();
        let now = clock.steady();
        let mut waiting = Vec::with_capacity(arrived.len());
        for ArrivedUpdate { raw, stored } in arrived {
            waiting.push(stored);
            let update = raw.get("update_id").and_then(Value::as_i64);
            if !self.held.add_update(raw) {
                tracing::debug!(update, "Telegram repeats an update that is stored");
            }
        }
        let due = self.held.take_due(&self.passer, now, false);
        self.passer.pass_on(due.updates, due.cursor, None).await?;
        self.held.begin_wait(clock.steady());
        for stored in waiting {
            // The request may have ended. Telegram then repeats the update.
            let _ = stored.send(());
        }
        Ok(())
    }
}

/// Passes on the parts that an earlier process received by webhook. Returns an error if the program ends.
pub(crate) async fn pass_restored(
    passer: &UpdatePasser<'_>,
    mut held: HeldUpdates,
) -> Result<(), StoreError> {
    if held.is_empty() {
        return Ok(());
    }
    let now = passer.account.clock().steady();
    let due = held.take_due(passer, now, true);
    passer.pass_on(due.updates, due.cursor, None).await
}
