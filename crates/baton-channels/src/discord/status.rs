//! Status indicators: ⏳ and a queue number on a waiting message, and typing and one progress message for a
//! running turn. Progress is sent only while Discord accepts requests at once. Queue marks and deletions are
//! retried.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use baton_core::channel::{Progress, Step};
use baton_core::id::TurnId;
use baton_core::panics::contain;
use tokio::sync::watch;
use tracing::Instrument;

use super::BotState;

mod progress_message;
pub(super) mod queue_marks;
pub(super) mod stale_progress;

pub(super) use progress_message::is_progress;

/// The indicators of running turns.
#[derive(Debug, Default)]
pub(super) struct StatusIndicators {
    pub(super) stale: stale_progress::StaleProgress,
    turns: Mutex<HashMap<TurnId, watch::Sender<progress_message::TurnProgress>>>,
}

impl StatusIndicators {
    /// Shows a step of a turn; returns at once.
    pub(super) fn show_step(&self, shared: &Arc<BotState>, progress: &Progress) {
        let mut turns = self.turns.lock().unwrap_or_else(PoisonError::into_inner);
        match &progress.step {
            Step::Started => {
                let message = progress.messages.first().copied();
                // Without a runtime, no task can send the progress.
                let runtime = tokio::runtime::Handle::try_current().ok();
                if let Some((message, runtime)) = message.zip(runtime) {
                    let (doing, watched) =
                        watch::channel(progress_message::TurnProgress::default());
                    turns.insert(progress.turn, doing);
                    let shown =
                        progress_message::show_progress(Arc::clone(shared), message, watched);
                    let gone = shared.dropped.clone();
                    let work = format!("the progress of message {message}");
                    let shown = contain(work, async move {
                        gone.run_until_cancelled(shown).await;
                    });
                    runtime.spawn(shown.in_current_span());
                }
            }
            // Dropping the sender ends the task, and the task deletes the progress message.
            Step::Ended => {
                turns.remove(&progress.turn);
            }
            step => {
                if let Some(doing) = turns.get(&progress.turn) {
                    doing.send_if_modified(|doing| doing.add_step(step));
                }
            }
        }
    }
}
