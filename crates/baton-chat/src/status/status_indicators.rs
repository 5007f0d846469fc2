//! The state of the indicators of an account.

use std::collections::HashSet;
use std::sync::{Mutex, OnceLock, PoisonError};

use baton_core::id::{MessageId, Seq};

use super::draftless_chats::DraftlessChats;
use super::shown_turns::ShownTurns;

/// The maximum size of the set of checked messages. A full set is emptied, and its messages are checked again.
const KEPT: usize = 1_000;

/// Messages that may still have a stale progress message.
#[derive(Debug, Default)]
pub(crate) struct StaleCandidates {
    /// The newest sequence at the start of this process.
    newest: OnceLock<Seq>,
    checked: Mutex<HashSet<MessageId>>,
}

impl StaleCandidates {
    /// Sets the newest sequence at the start. Progress of later messages belongs to this process.
    pub(crate) fn set_newest_at_start(&self, newest: Seq) {
        self.newest.get_or_init(|| newest);
    }

    pub(super) fn is_possible(&self, message: MessageId) -> bool {
        let is_old = self.newest.get().is_some_and(|it| message.0 <= it.0);
        is_old && !self.lock_checked().contains(&message)
    }

    pub(super) fn mark_checked(&self, message: MessageId) {
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

/// The indicators of running turns.
#[derive(Debug, Default)]
pub(crate) struct StatusIndicators {
    pub(crate) stale: StaleCandidates,
    pub(super) turns: ShownTurns,
    pub(super) draftless: DraftlessChats,
}
