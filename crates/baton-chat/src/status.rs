//! Status indicators: ⏳ and a queue number on a waiting message, and typing and one progress message for a
//! running turn. Progress is sent only while the platform accepts requests at once. Queue marks and deletions
//! are retried.

use std::sync::{Arc, PoisonError};

use baton_core::channel::{Progress, Step};
use baton_core::panics::contain;
use tokio::sync::watch;
use tracing::Instrument;

use crate::ChatLayer;

mod edit_pace;
mod progress_message;
pub(crate) mod progress_text;
pub(crate) mod queue_marks;
pub(crate) mod stale_progress;
pub(crate) mod status_indicators;

/// Shows a step of a turn; returns at once.
pub(crate) fn show_step(layer: &Arc<ChatLayer>, progress: &Progress) {
    let turns = &layer.status.turns;
    let mut turns = turns.lock().unwrap_or_else(PoisonError::into_inner);
    match &progress.step {
        Step::Started => {
            let message = progress.messages.first().copied();
            // Without a runtime, no task can send the progress.
            let runtime = tokio::runtime::Handle::try_current().ok();
            if let Some((message, runtime)) = message.zip(runtime) {
                let (doing, watched) = watch::channel(progress_text::TurnProgress::default());
                turns.insert(progress.turn, doing);
                let shown = progress_message::show_progress(Arc::clone(layer), message, watched);
                let gone = layer.dropped.clone();
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
