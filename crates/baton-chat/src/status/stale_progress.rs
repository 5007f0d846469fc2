//! Deletes progress messages of turns that an earlier process ran. The deletion comes before the turn shows
//! progress again, or after its last delivery.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use baton_core::id::{MessageId, Seq};

use super::progress_message::is_progress;
use crate::ChatLayer;
use crate::delivery::delivery_messages::find_own_messages;
use crate::reply_route::ReplyRoute;

/// The maximum size of the set of checked messages. A full set is emptied, and its messages are checked again.
const KEPT: usize = 1_000;

/// Messages that may still have a stale progress message.
#[derive(Debug, Default)]
pub(crate) struct StaleProgress {
    /// The newest sequence at the start of this process.
    newest: OnceLock<Seq>,
    checked: Mutex<HashSet<MessageId>>,
}

impl StaleProgress {
    /// Sets the newest sequence at the start. Progress of later messages belongs to this process.
    pub(crate) fn set_newest_at_start(&self, newest: Seq) {
        self.newest.get_or_init(|| newest);
    }

    fn is_possible(&self, message: MessageId) -> bool {
        let is_old = self.newest.get().is_some_and(|it| message.0 <= it.0);
        is_old && !self.lock_checked().contains(&message)
    }

    fn mark_checked(&self, message: MessageId) {
        let mut checked = self.lock_checked();
        if checked.len() >= KEPT {
            checked.clear();
        }
        checked.insert(message);
    }

    fn lock_checked(&self) -> std::sync::MutexGuard<'_, HashSet<MessageId>> {
        self.checked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes the stale progress messages for a message; best effort.
pub(crate) async fn delete_stale(layer: &ChatLayer, message: MessageId, route: &ReplyRoute) {
    // Without the trait, no process has sent progress messages.
    let Some(revisions) = layer.connector.revisions() else {
        return;
    };
    // The inbox is set after the newest sequence. A delivery at the start can come before both.
    layer.wait_for_inbox().await;
    let left = &layer.status.stale;
    if !left.is_possible(message) {
        return;
    }
    let ours = match find_own_messages(layer, route).await {
        Ok(ours) => ours.into_found(),
        Err(error) => {
            tracing::debug!(%error, "stale progress messages are looked for later");
            return;
        }
    };
    let target = route.target(&*layer.connector);
    let stale = ours.iter().filter(|it| is_progress(&it.text, it.is_silent));
    for stale in stale {
        match revisions.delete(&target, &stale.id).await {
            Ok(()) => {}
            Err(error) if error.is_refused() => {
                tracing::warn!(%error, "a progress message cannot be deleted");
            }
            Err(error) => {
                tracing::debug!(%error, "a progress message is deleted later");
                return;
            }
        }
    }
    left.mark_checked(message);
}
