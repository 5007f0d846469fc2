//! The platform's own button that stops a turn, below the draft of the turn.

use std::sync::Arc;

use baton_core::commands::Command;
use baton_core::inbox::Inbox;

use crate::ChatLayer;
use crate::connector::DraftStop;

/// Stops the turn of a draft, if the person may stop turns there. A press for an earlier turn changes nothing.
pub(crate) async fn stop_drafted_turn(layer: Arc<ChatLayer>, inbox: Inbox, stop: DraftStop) {
    let DraftStop { chat, turn, actor } = stop;
    let Ok(known) = layer.find_chat(&chat).await else {
        tracing::warn!(%chat, %turn, "the chat of a pressed stop button is unknown");
        return;
    };
    let Some(answering) = layer.places.answer_settings(&chat, &known) else {
        tracing::info!(%chat, %turn, "a stop button is pressed where Baton does not answer");
        return;
    };
    let person = answering.describe_actor(&actor);
    if let Err(refused) = person.check_right(Command::Stop.needed_right()) {
        tracing::info!(%chat, %turn, %refused, "a person may not stop a turn");
        return;
    }
    // The mark comes first, so that no further draft shows the turn.
    let is_running = layer.status.turns.stop_draft(turn, &chat);
    if !is_running || !inbox.stop_turn(turn, person.id()) {
        tracing::info!(%chat, %turn, "a stop button is pressed, and its turn is over");
    }
}
