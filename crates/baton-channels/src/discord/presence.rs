//! What people see while they wait: ⏳ and a place in the queue on a message that waits, typing and one
//! message of progress while a turn runs. What a turn does is shown where Discord takes it at once; marks
//! are tried again, and what was shown is taken away however long that takes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::channel::{Progress, Step};
use baton_core::id::TurnId;
use baton_core::panics::contain;
use tokio::sync::watch;

use super::Shared;

pub(super) mod left;
mod running;
pub(super) mod waiting;

pub(super) use running::is_progress;

/// What is shown of turns that run.
#[derive(Debug, Default)]
pub(super) struct Presence {
    pub(super) left: left::Left,
    turns: Mutex<HashMap<TurnId, watch::Sender<running::Doing>>>,
}

impl Presence {
    /// A turn does something; returns at once.
    pub(super) fn show(&self, shared: &Arc<Shared>, progress: &Progress) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        match &progress.step {
            Step::Started => {
                let message = progress.messages.first().copied();
                // Outside of a runtime nobody looks either.
                let runtime = tokio::runtime::Handle::try_current().ok();
                if let Some((message, runtime)) = message.zip(runtime) {
                    let (doing, watched) = watch::channel(running::Doing::default());
                    turns.insert(progress.turn, doing);
                    let shown = running::show(Arc::clone(shared), message, watched);
                    let gone = shared.gone.clone();
                    let work = format!("the progress of message {message}");
                    runtime.spawn(contain(work, async move {
                        gone.run_until_cancelled(shown).await;
                    }));
                }
            }
            // Its task sees that nobody tells it anything any more, and clears up.
            Step::Ended => {
                turns.remove(&progress.turn);
            }
            step => {
                if let Some(doing) = turns.get(&progress.turn) {
                    doing.send_if_modified(|doing| doing.note(step));
                }
            }
        }
    }
}
