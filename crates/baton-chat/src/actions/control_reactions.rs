//! Reactions of people with a meaning, where the configuration allows reactions: ⏹ stops the message, 🔁
//! retries the message.

use std::sync::Arc;

use baton_core::authority::{Principal, Right};
use baton_core::inbox::Inbox;
use baton_core::message::Message;

use crate::ChatLayer;
use crate::connector::ReactionAdded;

const STOP: &str = "⏹";
const RETRY: &str = "🔁";

/// Handles a new reaction.
pub(crate) async fn handle_reaction(layer: Arc<ChatLayer>, inbox: Inbox, reaction: ReactionAdded) {
    // The emoji may end with the variation selector for colour.
    let name = reaction.emoji.trim_end_matches('\u{fe0f}');
    if name != STOP && name != RETRY || reaction.actor.is_us {
        return;
    }
    let Ok(known) = layer.find_chat(&reaction.chat).await else {
        return;
    };
    let answering = layer.places.answer_settings(&reaction.chat, &known);
    let Some(answering) = answering.filter(|answering| answering.reactions) else {
        return;
    };
    let actor = &reaction.actor;
    let by = answering.describe_person(actor.author.clone(), actor.is_bot, &actor.roles);
    let right = if name == STOP {
        Right::StopMessage
    } else {
        Right::Retry
    };
    if !by.has_right(right) {
        return;
    }
    let (channel, account) = (layer.connector.channel(), layer.connector.account());
    let id = &reaction.message;
    let store = inbox.store();
    let found = store.message_by_external_id(&channel, &account, id).await;
    let Ok(Some(message)) = found else {
        return;
    };
    if let Err(error) = apply_reaction(&inbox, name, &message, &by).await {
        tracing::info!(message_id = %message.id, %error, "a reaction changes nothing");
    }
}

async fn apply_reaction(
    inbox: &Inbox,
    name: &str,
    message: &Message,
    by: &Principal,
) -> Result<(), baton_core::store::ControlError> {
    if name == STOP {
        return inbox.stop(message.id, by.id()).await;
    }
    inbox.replay(message.id.into(), by.id()).await.map(drop)
}
