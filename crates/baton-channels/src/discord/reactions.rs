//! Reactions of people with a meaning, where the configuration allows reactions: ⏹ stops the message, 🔁
//! retries the message.

use std::sync::Arc;

use baton_core::authority::{Principal, Right};
use baton_core::inbox::Inbox;
use baton_core::message::{Author, Message};

use super::wire::MessageReaction;
use super::{ACCOUNT, BotState, CHANNEL};

const STOP: &str = "⏹";
const RETRY: &str = "🔁";

/// Handles a new reaction.
pub(super) async fn handle_reaction(
    shared: Arc<BotState>,
    inbox: Inbox,
    reaction: MessageReaction,
) {
    let Some(name) = reaction.emoji.name.as_deref() else {
        return;
    };
    // The emoji may end with the variation selector for colour.
    let name = name.trim_end_matches('\u{fe0f}');
    if name != STOP && name != RETRY || shared.wait_for_ids().await.user == reaction.user_id {
        return;
    }
    let known = shared
        .places
        .find_channel(&shared.rest, reaction.channel_id)
        .await;
    let Ok(known) = known else {
        return;
    };
    let answering = shared.places.answer_settings(reaction.channel_id, &known);
    let Some(answering) = answering.filter(|answering| answering.reactions) else {
        return;
    };
    // In direct messages, Discord sends no member, and no other bots take part.
    let member = reaction.member.as_ref();
    let is_bot = member
        .and_then(|it| it.user.as_ref())
        .is_some_and(|it| it.bot);
    let roles = member.map_or(&[][..], |it| &it.roles);
    let id = reaction.user_id.to_string();
    let author = Author {
        id: id.as_str().into(),
        name: id,
    };
    let by = answering.describe_person(reaction.user_id, author, is_bot, roles);
    let right = if name == STOP {
        Right::StopMessage
    } else {
        Right::Retry
    };
    if !by.has_right(right) {
        return;
    }
    let (channel, account) = (CHANNEL.into(), ACCOUNT.into());
    let id = reaction.message_id.to_string().into();
    let store = inbox.store();
    let found = store.message_by_external_id(&channel, &account, &id).await;
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
