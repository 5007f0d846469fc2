//! Interactions in the form of the chat layer.

use std::sync::Arc;

use baton_chat::connector::{
    ActionAnswer, ActionKind, ActionResponder, Actor, ChatAction, ChatInfo, EventSink,
};
use tokio_util::sync::CancellationToken;

use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::interaction_response::InteractionResponder;
use super::message_conversion::{convert_channel, to_chat_id, to_role_id, to_workspace_id};
use super::type_numbers::{ADMINISTRATOR, MANAGE_MESSAGES};
use super::wire::{DiscordInteraction, DiscordUser, GuildMember};

/// The answer where Discord does not tell the user or the channel.
const UNREADABLE: &str = "This bot could not read your action. Try again.";

/// Passes one interaction to the chat layer, or answers an unreadable one. Errors only go to the log.
pub(super) async fn handle_interaction(
    account: Arc<DiscordAccount>,
    events: Arc<dyn EventSink>,
    interaction: DiscordInteraction,
    shutdown: CancellationToken,
) {
    let responder = InteractionResponder::new(&account, &interaction, &shutdown);
    let us = account.known_ids().map(|ids| ids.user);
    let Some(action) = convert_interaction(us, &interaction) else {
        tracing::error!(interaction = %interaction.id, "the user or the channel of an interaction is unreadable");
        let answered = responder.answer(ActionAnswer::text(UNREADABLE));
        if let Err(error) = answered.await {
            tracing::warn!(%error, "an interaction is not answered");
        }
        return;
    };
    events.take_action(action, Box::new(responder));
}

/// Converts an interaction; `None` if the user or the channel is unreadable. `us` is the bot, if known.
fn convert_interaction(us: Option<Id>, interaction: &DiscordInteraction) -> Option<ChatAction> {
    let (person, channel) = (interaction.person()?, interaction.channel_id?);
    let member = interaction.member.as_ref();
    let server = interaction.guild_id.filter(|_| member.is_some());
    Some(ChatAction {
        chat: to_chat_id(channel),
        info: shown_chat(us, interaction, channel),
        workspace: server.map(to_workspace_id),
        actor: convert_actor(us, person, member),
        kind: convert_kind(interaction),
    })
}

/// The facts about the channel. The seconds for an answer leave no time for a request.
fn shown_chat(us: Option<Id>, interaction: &DiscordInteraction, channel: Id) -> Option<ChatInfo> {
    let partial = interaction.shown_channel();
    let partial = partial.filter(|partial| partial.id == channel);
    if let (Some(partial), Some(us)) = (partial, us) {
        return Some(convert_channel(&partial, interaction.guild_id, us));
    }
    // Outside servers, interactions happen only in direct messages.
    interaction.guild_id.is_none().then_some(ChatInfo::DIRECT)
}

/// The person, with the permissions of a member. Direct messages have no members and no permissions, so everybody
/// there is a moderator.
fn convert_actor(us: Option<Id>, person: &DiscordUser, member: Option<&GuildMember>) -> Actor {
    let has = |one_of| member.map(|member| member.has_permission(one_of));
    let roles = member.map_or(&[][..], |member| &member.roles);
    Actor {
        author: person.to_author(member),
        is_us: us == Some(person.id),
        is_bot: person.bot,
        roles: roles.iter().copied().map(to_role_id).collect(),
        is_moderator: has(MANAGE_MESSAGES | ADMINISTRATOR).unwrap_or(true),
        is_administrator: has(ADMINISTRATOR).unwrap_or(false),
    }
}

fn convert_kind(interaction: &DiscordInteraction) -> ActionKind {
    let data = &interaction.data;
    match interaction.kind {
        DiscordInteraction::COMMAND => ActionKind::Command {
            name: data.command_name().to_owned(),
            options: data.option_texts(),
        },
        DiscordInteraction::BUTTON => ActionKind::Press(data.custom_id().to_owned()),
        DiscordInteraction::FORM => ActionKind::Form {
            name: data.custom_id().to_owned(),
            texts: data.form_texts(),
        },
        _ => ActionKind::Unknown,
    }
}
