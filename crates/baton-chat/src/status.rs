//! Status indicators: ⏳ and a queue number on a waiting message, and typing for a running turn, with its draft or one
//! progress message. Progress is sent only while the platform accepts requests at once. Queue marks and deletions
//! are retried.

use std::sync::Arc;

use baton_core::channel::{Progress, Step};
use baton_core::panics::contain;
use tracing::Instrument;

use crate::ChatLayer;
use crate::status::progress_text::TurnProgress;

mod draft_display;
pub(crate) mod draft_stops;
mod draft_text;
mod draftless_chats;
mod edit_pace;
mod live_text;
mod progress_message;
pub(crate) mod progress_text;
pub(crate) mod queue_marks;
mod shown_turns;
pub(crate) mod stale_progress;
pub(crate) mod status_indicators;
mod turn_display;

/// Shows a step of a turn; returns at once.
pub(crate) fn show_step(layer: &Arc<ChatLayer>, progress: &Progress) {
    let turns = &layer.status.turns;
    match &progress.step {
        Step::Started => {
            let message = progress.messages.first().copied();
            // Without a runtime, no task can send the progress.
            let runtime = tokio::runtime::Handle::try_current().ok();
            if let Some((message, runtime)) = message.zip(runtime) {
                let begins = if layer.connector.drafts().is_some() {
                    TurnProgress::with_text()
                } else {
                    TurnProgress::default()
                };
                let watched = turns.begin_turn(progress.turn, begins);
                let layer = Arc::clone(layer);
                let gone = layer.dropped.clone();
                let shown = turn_display::show_turn(layer, progress.turn, message, watched);
                let work = format!("the progress of message {message}");
                let shown = contain(work, async move {
                    gone.run_until_cancelled(shown).await;
                });
                runtime.spawn(shown.in_current_span());
            }
        }
        // Dropping the sender ends the task, and the task deletes the progress message.
        Step::Ended => turns.end_turn(progress.turn),
        step => turns.add_step(progress.turn, step),
    }
}
