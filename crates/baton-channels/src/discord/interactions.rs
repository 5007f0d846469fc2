//! An interaction with its user, channel and settings, and the forms of its first answer.

use baton_core::authority::Principal;
use baton_core::commands::Command;
use baton_core::inbox::Inbox;

use super::approval_card::ApprovalKey;
use super::discord_id::Id;
use super::discord_settings::Answering;
use super::limits;
use super::place_directory::{ChannelInfo, ChannelKind};
use super::reply_route::channel_place;
use super::rest::{AllowedMentions, InteractionMessage, ModalForm};
use super::wire::DiscordInteraction;
use super::{BotState, approval_actions, text_splitting};

mod interaction_response;

pub(super) use interaction_response::{InteractionAnswer, InteractionResponder};

/// The answer to people who may not use the bot here.
pub(super) const NOT_ALLOWED: &str = "Whoever runs this bot has not let you use it here.";

/// The first answer to an interaction, due within three seconds.
pub(super) enum FirstResponse {
    /// "Thinking …" while the task runs; the result follows in a second answer.
    Deferred(InteractionTask),
    Message(InteractionMessage),
    Form(ModalForm),
}

/// The work of an interaction whose first answer is [`FirstResponse::Deferred`].
pub(super) enum InteractionTask {
    Command(Command),
    Decide(approval_actions::ApprovalAction),
    ShowInput(ApprovalKey),
}

/// An interaction with its author, channel and settings.
pub(super) struct InteractionContext<'a> {
    pub(super) inbox: &'a Inbox,
    pub(super) interaction: &'a DiscordInteraction,
    /// The author, with the roles in this channel.
    pub(super) person: Principal,
    pub(super) channel: Id,
    pub(super) answering: &'a Answering,
}

impl InteractionContext<'_> {
    pub(super) fn place(&self) -> baton_core::place::Place {
        channel_place(self.channel)
    }
}

/// The text about an error for the person. The log gets the error with all details.
pub(super) fn render_error(error: &impl std::error::Error) -> String {
    tracing::info!(?error, "an interaction is refused");
    error.to_string()
}

/// Finds the channel: in memory, in the interaction, or in a request to Discord.
pub(super) async fn find_channel(
    shared: &BotState,
    interaction: &DiscordInteraction,
    channel: Id,
) -> Option<ChannelInfo> {
    if let Some(known) = shared.places.known_channel(channel) {
        return Some(known);
    }
    // The interaction holds the channel, and the three seconds leave no time for a request.
    let partial = interaction.shown_channel();
    if let Some(partial) = partial.filter(|partial| partial.id == channel) {
        // The interaction holds only a part of the channel, so the channel is not remembered.
        return Some(ChannelInfo::from(&partial).or_in_server(interaction.guild_id));
    }
    if interaction.guild_id.is_none() {
        // Outside servers, interactions happen only in direct messages.
        return Some(ChannelInfo {
            server: None,
            kind: ChannelKind::Direct,
        });
    }
    shared.places.find_channel(&shared.rest, channel).await.ok()
}

/// A message with this text, cut to Discord's limit. The message mentions nobody.
pub(super) fn render_answer(what: &str) -> InteractionMessage {
    let text = text_splitting::truncate_text(what, limits::MESSAGE.size);
    let text = if text.is_empty() { "…" } else { &text };
    InteractionMessage {
        content: Some(text.to_owned()),
        allowed_mentions: Some(AllowedMentions::NONE),
        ..InteractionMessage::default()
    }
}
