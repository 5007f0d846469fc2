//! Commands, buttons and forms. Each interaction is answered in its own task, so that no conversation delays
//! the answer. Discord waits three seconds.

use std::sync::Arc;

use baton_core::authority::Right;
use baton_core::inbox::Inbox;
use tokio_util::sync::CancellationToken;

use super::interactions::{
    FirstResponse, InteractionContext, InteractionResponder, InteractionTask, NOT_ALLOWED,
    find_channel, render_answer,
};
use super::rest::RestError;
use super::wire::DiscordInteraction;
use super::{BotState, approval_actions, command_dispatch, projects};

/// The answer where Discord does not tell the user or the channel.
const UNREADABLE: &str = "This bot could not read your action. Try again.";

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
        person: answering.describe_actor(person, interaction.member.as_ref()),
        channel,
        answering: &answering,
    };
    // A person who may not talk to the bot may still decide approvals. The approval code checks this.
    let may_speak = context.person.has_right(Right::Speak);
    if !may_speak && interaction.kind == DiscordInteraction::COMMAND {
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
