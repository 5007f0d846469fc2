//! Updates from the listener of the webhook on their way to the intake.
//!
//! Telegram's server keeps a queue for each chat, and sends the next update of a chat only after the answer to the one
//! before, whatever `max_connections` is. Because of these queues, many connections do not change the order within a chat,
//! and a slow chat holds up no other. All updates that arrive during a commit share the next commit.

use baton_core::store::StoreError;
use serde_json::Value;
use tokio::sync::{mpsc, oneshot};

use crate::telegram::updates::update_intake::UpdateIntake;

/// The most updates in one commit.
const MOST_TOGETHER: usize = 100;

/// An update that waits for its commit.
#[derive(Debug)]
pub(crate) struct ArrivedUpdate {
    pub(crate) raw: Value,
    /// Gets a signal after the commit. Dropped without a signal if the program ends.
    pub(crate) stored: oneshot::Sender<()>,
}

/// Passes updates on until the program ends, one batch after the other.
pub(crate) async fn pass_arrivals(
    intake: &mut UpdateIntake<'_>,
    mut arrivals: mpsc::Receiver<ArrivedUpdate>,
) -> Result<(), StoreError> {
    loop {
        let mut arrived = Vec::new();
        tokio::select! {
            count = arrivals.recv_many(&mut arrived, MOST_TOGETHER) => {
                if count == 0 {
                    return Ok(());
                }
            }
            () = intake.until_due() => {}
        }
        let arrived = arrived
            .into_iter()
            .map(|arrived| (arrived.raw, arrived.stored));
        let (updates, waiting): (Vec<_>, Vec<_>) = arrived.unzip();
        intake.take_updates(updates, None, None).await?;
        for stored in waiting {
            // The request may have ended. Telegram then repeats the update.
            let _ = stored.send(());
        }
    }
}
