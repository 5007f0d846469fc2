//! Commands, buttons and forms. Each interaction is answered in its own task, so that no conversation delays
//! the answer. Discord waits three seconds.

use std::sync::Arc;

use baton_core::commands::Command;
use baton_core::inbox::Inbox;
use serde_json::{Value, json};
use tokio_util::sync::CancellationToken;

use super::approval_card::ApprovalKey;
use super::discord_id::Id;
use super::discord_settings::Answering;
use super::limits;
use super::place_directory::{ChannelInfo, ChannelKind};
use super::reply_route::channel_place;
use super::rest::RestError;
use super::wire::{DiscordInteraction, DiscordUser};
use super::{BotState, approval_actions, command_dispatch, projects, text_splitting};

mod interaction_response;

pub(super) use interaction_response::{InteractionAnswer, InteractionResponder};

/// The answer where Discord does not tell the user or the channel.
const UNREADABLE: &str = "This bot could not read your action. Try again.";

/// The answer to people who may not use the bot here.
pub(super) const NOT_ALLOWED: &str = "Whoever runs this bot has not let you use it here.";

/// The first answer to an interaction, due within three seconds.
pub(super) enum FirstResponse {
    /// "Thinking …" while the task runs; the result follows in a second answer.
    Deferred(InteractionTask),
    /// A message, as JSON for Discord.
    Message(Value),
    /// A form, as JSON for Discord.
    Form(Value),
}

/// The work of an interaction whose first answer is [`FirstResponse::Deferred`].
pub(super) enum InteractionTask {
    Command(Command),
    Decide(approval_actions::ApprovalAction),
    ShowInput(ApprovalKey),
}

/// An interaction with its user, channel and settings.
pub(super) struct InteractionContext<'a> {
    pub(super) inbox: &'a Inbox,
    pub(super) interaction: &'a DiscordInteraction,
    pub(super) person: &'a DiscordUser,
    pub(super) channel: Id,
    pub(super) answering: &'a Answering,
}

impl InteractionContext<'_> {
    pub(super) fn roles(&self) -> &[Id] {
        let member = self.interaction.member.as_ref();
        member.map_or(&[], |member| &member.roles)
    }

    /// Whether the settings let this person use the bot here.
    pub(super) fn may_speak(&self) -> bool {
        self.answering
            .allows_speaker(self.person.id, self.person.bot, self.roles())
    }

    pub(super) fn place(&self) -> baton_core::place::Place {
        channel_place(self.channel)
    }
}

/// The text about an error for the person. The log gets the error with all details.
pub(super) fn render_error(error: &impl std::error::Error) -> String {
    tracing::info!(?error, "an interaction is refused");
    error.to_string()
}

/// Answers one interaction. Errors only go to the log.
pub(super) async fn answer_interaction(
    shared: Arc<BotState>,
    inbox: Inbox,
    shutdown: CancellationToken,
    interaction: DiscordInteraction,
) {
    if let Err(error) = answer_in_time(&shared, &inbox, &shutdown, &interaction).await {
        tracing::warn!(%error, "an interaction is not answered");
    }
}

async fn answer_in_time(
    shared: &BotState,
    inbox: &Inbox,
    shutdown: &CancellationToken,
    interaction: &DiscordInteraction,
) -> Result<(), RestError> {
    let responder = InteractionResponder::new(shared, interaction, shutdown);
    let (Some(person), Some(channel)) = (interaction.person(), interaction.channel_id) else {
        tracing::error!(interaction = %interaction.id, "the user or the channel of an interaction is unreadable");
        return responder.answer_at_once(UNREADABLE).await;
    };
    if projects::is_asked_for(interaction) {
        // `/add-project` also works in a channel without a persona.
        return projects::answer_command(&responder, inbox, shutdown, channel).await;
    }
    let known = find_channel(shared, interaction, channel).await;
    let Some(answering) = known.and_then(|known| shared.places.answer_settings(channel, &known))
    else {
        let what = "Nobody answers in this channel.";
        return responder.answer_at_once(what).await;
    };
    let context = InteractionContext {
        inbox,
        interaction,
        person,
        channel,
        answering: &answering,
    };
    // A person who may not talk to the bot may still decide approvals. The approval code checks this.
    if !context.may_speak() && interaction.kind == DiscordInteraction::COMMAND {
        return responder.answer_at_once(NOT_ALLOWED).await;
    }
    let task = match choose_response(&context).await {
        FirstResponse::Message(message) => return responder.answer_with(message).await,
        FirstResponse::Form(form) => return responder.show_form(form).await,
        FirstResponse::Deferred(task) => task,
    };
    // The task starts at once, without waiting for Discord to accept the first answer.
    let seen = responder.defer_answer();
    let done = async {
        match task {
            InteractionTask::Command(command) => command_dispatch::run_command(&context, command)
                .await
                .into(),
            InteractionTask::Decide(action) => {
                render_answer(&approval_actions::apply_action(&context, action).await).into()
            }
            InteractionTask::ShowInput(key) => approval_actions::show_input(&context, key).await,
        }
    };
    let (seen, answer) = tokio::join!(seen, done);
    match seen {
        // Discord may show the first answer after an unknown outcome too, so the result follows.
        Ok(()) | Err(RestError::Unknown { .. }) => responder.follow_up(answer).await,
        Err(error) => Err(error),
    }
}

/// Chooses the first answer.
async fn choose_response(context: &InteractionContext<'_>) -> FirstResponse {
    match context.interaction.kind {
        DiscordInteraction::COMMAND => command_dispatch::choose_response(context),
        DiscordInteraction::BUTTON | DiscordInteraction::FORM => {
            let id = context.interaction.data.custom_id();
            match command_dispatch::handle_press(context, id) {
                Some(first) => first,
                None => approval_actions::handle_press(context, id).await,
            }
        }
        _ => FirstResponse::Message(render_answer("This bot does not know what that was.")),
    }
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
pub(super) fn render_answer(what: &str) -> Value {
    let text = text_splitting::truncate_text(what, limits::MESSAGE.size);
    let text = if text.is_empty() { "…" } else { &text };
    json!({
        "content": text,
        "allowed_mentions": { "parse": [] },
    })
}
