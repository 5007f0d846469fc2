//! Interactions in the form of the chat layer.

use std::sync::Arc;

use baton_chat::connector::{ActionKind, Actor, ChatAction, ChatInfo, EventSink};

use super::channel_conversion::convert_channel;
use super::discord_account::DiscordAccount;
use super::discord_id::Id;
use super::interaction_response::InteractionResponder;
use super::type_numbers::{ADMINISTRATOR, MANAGE_MESSAGES};
use super::wire::{DiscordInteraction, DiscordUser, GuildMember};

/// Passes one interaction to the chat layer. `us` is the bot.
pub(super) fn handle_interaction(
    account: &Arc<DiscordAccount>,
    us: Id,
    events: &dyn EventSink,
    interaction: DiscordInteraction,
) {
    let action = convert_interaction(us, &interaction);
    let responder = Box::new(InteractionResponder {
        account: Arc::clone(account),
        interaction: interaction.id,
        token: interaction.token,
    });
    match action {
        Some(action) => events.take_action(action, responder),
        None => events.take_unreadable_action(responder),
    }
}

/// Converts an interaction; `None` if the user or the channel is unreadable.
fn convert_interaction(us: Id, interaction: &DiscordInteraction) -> Option<ChatAction> {
    let (person, channel) = (interaction.person()?, interaction.channel_id?);
    let member = interaction.member.as_ref();
    let server = interaction.guild_id.filter(|_| member.is_some());
    Some(ChatAction {
        chat: channel.into(),
        info: shown_chat(us, interaction, channel),
        workspace: server.map(Into::into),
        actor: convert_actor(us, person, member),
        kind: convert_kind(interaction),
    })
}

/// The facts about the channel. The seconds for an answer leave no time for a request.
fn shown_chat(us: Id, interaction: &DiscordInteraction, channel: Id) -> Option<ChatInfo> {
    let shown = interaction.shown_channel();
    match shown.filter(|shown| shown.id == channel) {
        Some(shown) => Some(convert_channel(&shown, interaction.guild_id, us)),
        // Outside servers, interactions happen only in direct messages.
        None => interaction.guild_id.is_none().then_some(ChatInfo::DIRECT),
    }
}

/// The person, with the permissions of a member. Direct messages have no members and no permissions, so everybody
/// there is a moderator.
fn convert_actor(us: Id, person: &DiscordUser, member: Option<&GuildMember>) -> Actor {
    let has = |one_of| member.map(|member| member.permissions.has_any(one_of));
    let roles = member.map_or(&[][..], |member| &member.roles);
    Actor {
        author: person.to_author(member),
        is_us: person.id == us,
        is_bot: person.bot,
        roles: roles.iter().copied().map(Into::into).collect(),
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
