//! Commands, buttons and forms. Each action is answered in its own task, so that no conversation delays the
//! answer. The platform waits only a few seconds.

use std::sync::Arc;

use baton_core::authority::Right;
use baton_core::inbox::Inbox;
use tokio_util::sync::CancellationToken;

use super::action_context::{ActionContext, ActionTask, FirstResponse, NOT_ALLOWED};
use super::persistent_responder::PersistentResponder;
use super::{command_dispatch, conversation_commands, project_command, reset_confirmation};
use crate::ChatLayer;
use crate::approvals::button_presses;
use crate::connector::{
    ActionAnswer, ActionKind, ChatAction, ChatInfo, ConnectorError, RequestFailure,
};

/// The answer where the platform does not tell the person or the chat.
const UNREADABLE: &str = "This bot could not read your action. Try again.";

/// Answers one action. Errors only go to the log.
pub(crate) async fn answer_action(
    layer: Arc<ChatLayer>,
    inbox: Inbox,
    shutdown: CancellationToken,
    action: ChatAction,
    responder: PersistentResponder,
) {
    log_failure(answer_in_time(&layer, &inbox, &shutdown, &action, &responder).await);
}

/// Answers one action with this answer. Errors only go to the log.
pub(crate) async fn answer_only(responder: PersistentResponder, answer: ActionAnswer) {
    log_failure(responder.answer(answer).await);
}

/// Tells the person that the action is unreadable. Errors only go to the log.
pub(crate) async fn answer_unreadable_action(responder: PersistentResponder) {
    let action = responder.action_id();
    tracing::error!(action, "the person or the chat of an action is unreadable");
    log_failure(responder.answer(ActionAnswer::text(UNREADABLE)).await);
}

fn log_failure(answered: Result<(), ConnectorError>) {
    if let Err(error) = answered {
        tracing::warn!(%error, "an action is not answered");
    }
}

async fn answer_in_time(
    layer: &ChatLayer,
    inbox: &Inbox,
    shutdown: &CancellationToken,
    action: &ChatAction,
    responder: &PersistentResponder,
) -> Result<(), ConnectorError> {
    if project_command::is_asked_for(action) {
        // `/add-project` also works in a chat without a persona.
        return project_command::answer_command(layer, inbox, shutdown, action, responder).await;
    }
    let known = find_chat(layer, action).await;
    let answering = known.and_then(|known| layer.places.answer_settings(&action.chat, &known));
    let Some(answering) = answering else {
        let what = ActionAnswer::text("This bot does not answer in this channel.");
        return responder.answer(what).await;
    };
    let context = ActionContext {
        layer,
        inbox,
        person: answering.describe_actor(&action.actor),
        chat: &action.chat,
        actor: &action.actor,
        answering: &answering,
    };
    // A person who may not talk to Baton may still decide approvals. The approval code checks this.
    let may_speak = context.person.has_right(Right::Speak);
    if !may_speak && matches!(action.kind, ActionKind::Command { .. }) {
        return responder.answer(ActionAnswer::text(NOT_ALLOWED)).await;
    }
    let task = match choose_response(&context, &action.kind).await {
        FirstResponse::Answer(answer) => return responder.answer(answer).await,
        FirstResponse::Form(form) => return responder.show_form(form).await,
        FirstResponse::Deferred(task) => task,
    };
    // The task starts at once, without waiting for the platform to accept the first answer.
    let seen = responder.defer();
    let done = async {
        match task {
            ActionTask::Command(command) => command_dispatch::run_command(&context, command).await,
            ActionTask::Reset(session) => {
                reset_confirmation::reset_session(&context, session).await
            }
            ActionTask::Conversation(command) => {
                conversation_commands::run_command(&context, responder, command).await
            }
            ActionTask::Approval(action) => {
                ActionAnswer::text(button_presses::apply_action(&context, action).await)
            }
            ActionTask::ShowInput(key) => button_presses::show_input(&context, key).await,
        }
    };
    let (seen, answer) = tokio::join!(seen, done);
    match seen {
        Ok(()) => responder.follow_up(answer).await,
        // The platform may show the first answer after an unknown outcome too, so the result follows.
        Err(error) if error.failure == RequestFailure::Unknown => responder.follow_up(answer).await,
        Err(error) => Err(error),
    }
}

/// Chooses the first answer.
async fn choose_response(context: &ActionContext<'_>, kind: &ActionKind) -> FirstResponse {
    match kind {
        ActionKind::Command { name, options } => {
            match conversation_commands::choose_response(context, name, options) {
                Some(first) => first,
                None => command_dispatch::choose_response(context, name, options).await,
            }
        }
        ActionKind::Press(name) => match reset_confirmation::handle_press(context, name) {
            Some(first) => first,
            None => button_presses::handle_press(context, name).await,
        },
        ActionKind::Form { name, texts } => button_presses::handle_form(name, texts),
        ActionKind::Unknown => FirstResponse::text("This bot does not know this action."),
    }
}

/// Finds the chat: in memory, in the action, or in a request to the platform.
pub(super) async fn find_chat(layer: &ChatLayer, action: &ChatAction) -> Option<ChatInfo> {
    if let Some(known) = layer.places.known_chat(&action.chat) {
        return Some(known);
    }
    // The action holds the chat, and the few seconds leave no time for a request.
    if let Some(info) = &action.info {
        // The action holds only a part of the facts, so the chat is not remembered.
        return Some(info.clone());
    }
    layer.find_chat(&action.chat).await.ok()
}
