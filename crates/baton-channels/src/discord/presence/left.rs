//! What a process before this one said of a turn that it ran, taken away before the turn shows anything again, and
//! where it runs no more, with what people are told of that.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use baton_core::id::{MessageId, Seq};
use reqwest::Method;

use super::is_progress;
use crate::discord::Shared;
use crate::discord::id::Id;
use crate::discord::post::ours_since;
use crate::discord::rest::{Call, RestError};
use crate::discord::route::ReplyRoute;

/// Of how many messages it is remembered that it was looked. Of others it is looked again.
const KEPT: usize = 1_000;

/// Of which messages something can be left.
#[derive(Debug, Default)]
pub(in crate::discord) struct Left {
    /// The newest that was there when we began.
    newest: OnceLock<Seq>,
    looked: Mutex<HashSet<MessageId>>,
}

impl Left {
    /// Whatever comes later than this is ours.
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

/// Takes away what is left of the turns of a message; best effort.
pub(in crate::discord) async fn clear_up(shared: &Shared, message: MessageId, route: ReplyRoute) {
    // What is sent at the start can be sooner than it is known what was there before.
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

/// Deletes a message of ours.
pub(in crate::discord) async fn take_away(
    shared: &Shared,
    channel: Id,
    message: Id,
) -> Result<(), RestError> {
    let path = format!("channels/{channel}/messages/{message}");
    shared.rest.done(Call::new(Method::DELETE, path)).await
}
