//! Deletes progress messages of turns that an earlier process ran. The deletion comes before the turn shows
//! progress again, or after its last delivery.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use baton_core::id::{MessageId, Seq};

use super::is_progress;
use crate::discord::BotState;
use crate::discord::delivery_messages::fetch_own_messages;
use crate::discord::reply_route::ReplyRoute;
use crate::discord::rest::RestError;

/// The maximum size of the set of checked messages. A full set is emptied, and its messages are checked
/// again.
const KEPT: usize = 1_000;

/// Messages that may still have a stale progress message.
#[derive(Debug, Default)]
pub(in crate::discord) struct StaleProgress {
    /// The newest sequence at the start of this process.
    newest: OnceLock<Seq>,
    checked: Mutex<HashSet<MessageId>>,
}

impl StaleProgress {
    /// Sets the newest sequence at the start. Progress of later messages belongs to this process.
    pub(in crate::discord) fn set_newest_at_start(&self, newest: Seq) {
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
pub(in crate::discord) async fn delete_stale(
    shared: &BotState,
    message: MessageId,
    route: ReplyRoute,
) {
    // The inbox is set after the newest sequence. A delivery at the start can come before both.
    shared.wait_for_inbox().await;
    let left = &shared.status.stale;
    if !left.is_possible(message) {
        return;
    }
    let ours = match fetch_own_messages(shared, route).await {
        Ok(ours) => ours,
        Err(error) => {
            tracing::debug!(%error, "what is left of a turn is not checked for yet");
            return;
        }
    };
    for stale in ours.iter().filter(|message| is_progress(message)) {
        match shared.rest.delete_message(route.target(), stale.id).await {
            Ok(()) => {}
            Err(error @ RestError::Refused { .. }) => {
                tracing::warn!(%error, "a message of progress stays");
            }
            Err(error) => {
                tracing::debug!(%error, "a message of progress is not taken away yet");
                return;
            }
        }
    }
    left.mark_checked(message);
}
