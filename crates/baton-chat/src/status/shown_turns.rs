//! The running turns whose progress people see.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use baton_core::channel::Step;
use baton_core::id::TurnId;
use tokio::sync::watch;

use super::progress_text::TurnProgress;
use crate::connector::ChatId;

/// The running turns whose progress people see.
#[derive(Debug, Default)]
pub(super) struct ShownTurns(Mutex<HashMap<TurnId, ShownTurn>>);

/// A running turn.
#[derive(Debug)]
struct ShownTurn {
    progress: watch::Sender<TurnProgress>,
    /// The chat of the drafts; `None` before the first draft.
    drafted_in: Option<ChatId>,
}

impl ShownTurns {
    /// Begins a turn. The receiver gets its progress, and ends with the turn.
    pub(super) fn begin_turn(
        &self,
        turn: TurnId,
        progress: TurnProgress,
    ) -> watch::Receiver<TurnProgress> {
        let (progress, watched) = watch::channel(progress);
        let shown = ShownTurn {
            progress,
            drafted_in: None,
        };
        self.lock_turns().insert(turn, shown);
        watched
    }

    pub(super) fn end_turn(&self, turn: TurnId) {
        self.lock_turns().remove(&turn);
    }

    pub(super) fn add_step(&self, turn: TurnId, step: &Step) {
        if let Some(shown) = self.lock_turns().get(&turn) {
            shown.progress.send_if_modified(|it| it.add_step(step));
        }
    }

    /// Stops keeping the text of a turn, because the chat has no drafts.
    pub(super) fn forget_text(&self, turn: TurnId) {
        if let Some(shown) = self.lock_turns().get(&turn) {
            shown.progress.send_if_modified(|it| {
                it.forget_text();
                false
            });
        }
    }

    /// Records that this chat shows the turn as a draft.
    pub(super) fn note_draft(&self, turn: TurnId, chat: &ChatId) {
        if let Some(shown) = self.lock_turns().get_mut(&turn)
            && shown.drafted_in.as_ref() != Some(chat)
        {
            shown.drafted_in = Some(chat.clone());
        }
    }

    /// Ends the drafts of a turn. Returns whether the turn runs, and its draft is in this chat, or in a topic of it.
    pub(super) fn stop_draft(&self, turn: TurnId, chat: &ChatId) -> bool {
        let turns = self.lock_turns();
        let Some(shown) = turns.get(&turn) else {
            return false;
        };
        let Some(drafted_in) = &shown.drafted_in else {
            return false;
        };
        let rest = drafted_in.as_str().strip_prefix(chat.as_str());
        if !rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return false;
        }
        shown.progress.send_modify(TurnProgress::mark_stopped);
        true
    }

    fn lock_turns(&self) -> MutexGuard<'_, HashMap<TurnId, ShownTurn>> {
        // Each change is complete.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
