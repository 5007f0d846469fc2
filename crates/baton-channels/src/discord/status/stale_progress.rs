//! Deletes progress messages of turns that an earlier process ran. The deletion comes before the turn shows
//! progress again, or after its last delivery.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use baton_core::id::{MessageId, Seq};
use reqwest::Method;

use super::is_progress;
use crate::discord::Shared;
use crate::discord::delivery_sender::ours_since;
use crate::discord::discord_id::Id;
use crate::discord::reply_route::ReplyRoute;
use crate::discord::rest::{Call, RestError};

/// The maximum size of the set of checked messages. A full set is emptied, and its messages are checked
/// again.
const KEPT: usize = 1_000;

/// Messages that may still have a stale progress message.
#[derive(Debug, Default)]
pub(in crate::discord) struct Left {
    /// The newest sequence at the start of this process.
    newest: OnceLock<Seq>,
    looked: Mutex<HashSet<MessageId>>,
}

impl Left {
    /// Sets the newest sequence at the start. Progress of later messages belongs to this process.
    pub(in crate::discord) fn by_those_before(&self, newest: Seq) {
        self.newest.get_or_init(|| newest);
    }

    fn is_possible(&self, message: MessageId) -> bool {
        let is_old = self.newest.get().is_some_and(|it| message.0 <= it.0);
        is_old && !self.looked().contains(&message)
    }

    fn note(&self, message: MessageId) {
        let mut looked = self.looked();
        if looked.len() >= KEPT {
            looked.clear();
        }
        looked.insert(message);
    }

    fn looked(&self) -> std::sync::MutexGuard<'_, HashSet<MessageId>> {
        self.looked.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Deletes the stale progress messages for a message; best effort.
pub(in crate::discord) async fn clear_up(shared: &Shared, message: MessageId, route: ReplyRoute) {
    // The inbox is set after the newest sequence. A delivery at the start can come before both.
    shared.inbox().await;
    let left = &shared.presence.left;
    if !left.is_possible(message) {
        return;
    }
    let ours = match ours_since(shared, route).await {
        Ok(ours) => ours,
        Err(error) => {
            tracing::debug!(%error, "what is left of a turn is not looked for yet");
            return;
        }
    };
    for shown in ours.iter().filter(|message| is_progress(message)) {
        match take_away(shared, route.target(), shown.id).await {
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
    left.note(message);
}

/// Deletes a message of the bot.
pub(in crate::discord) async fn take_away(
    shared: &Shared,
    channel: Id,
    message: Id,
) -> Result<(), RestError> {
    let path = format!("channels/{channel}/messages/{message}");
    shared.rest.done(Call::new(Method::DELETE, path)).await
}
