//! Deletes progress messages of turns that an earlier process ran. The deletion comes before the turn shows
//! progress again, or after its last delivery.

use baton_core::id::{ConversationId, MessageId};

use super::progress_text::is_progress;
use crate::ChatLayer;
use crate::delivery::delivery_messages::find_own_messages;
use crate::delivery::reply_thread::find_answer_chat;
use crate::reply_route::ReplyRoute;

/// Deletes the stale progress messages for a message; best effort.
pub(crate) async fn delete_stale(
    layer: &ChatLayer,
    conversation: ConversationId,
    message: MessageId,
    route: &ReplyRoute,
) {
    // Without the trait, no process has sent progress messages.
    let Some(revisions) = layer.connector.revisions() else {
        return;
    };
    // The inbox is set after the newest sequence. A delivery at the start can come before both.
    layer.wait_for_inbox().await;
    let left = &layer.status.stale;
    if !left.is_possible(message) {
        return;
    }
    let ours = match find_own_messages(layer, conversation, route).await {
        Ok(ours) => ours.into_found(),
        Err(error) => {
            tracing::debug!(%error, "stale progress messages are looked for later");
            return;
        }
    };
    let Ok(Some(target)) = find_answer_chat(layer, conversation, route).await else {
        return;
    };
    // The chat from before a move takes no more requests.
    let moved = &layer.places.moved;
    let ours = ours.iter().filter(|it| !moved.has_old_number(&it.id));
    let stale = ours.filter(|it| is_progress(&it.text, it.is_silent));
    for stale in stale {
        match revisions.delete(&target, &stale.id).await {
            Ok(()) => {}
            Err(error) if error.is_refused() => {
                tracing::warn!(%error, "a progress message cannot be deleted");
            }
            Err(error) => {
                tracing::debug!(%error, "a progress message is deleted later");
                return;
            }
        }
    }
    left.mark_checked(message);
}
