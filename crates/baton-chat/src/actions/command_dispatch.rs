//! Commands to Baton itself, which the platform offers while a person types.

use std::collections::BTreeMap;

use baton_core::authority::{Forbidden, Right};
use baton_core::commands::{Command, OFFERS};

use super::action_context::{ActionContext, ActionTask, FirstResponse, NOT_ALLOWED, render_error};
use crate::connector::{ActionAnswer, Button, ButtonLook};
use crate::offered_commands::command_specs::RESET;

const MAY_NOT_RESET: &str = "Only people who may manage messages here can reset this conversation.";

/// Chooses the first answer to a command. `options` are the values by the names of the options.
pub(super) fn choose_response(
    context: &ActionContext<'_>,
    name: &str,
    options: &BTreeMap<String, String>,
) -> FirstResponse {
    let mut offers = OFFERS.iter().filter(|offer| offer.name == name);
    let argument = offers.find_map(|offer| options.get(offer.argument?.name));
    let argument = argument.map_or("", String::as_str);
    match Command::parse(&format!("/{name} {argument}")) {
        Some(Ok(command)) => match context.person.check_right(command.needed_right()) {
            Err(error) => render_refusal(error),
            Ok(()) if command == Command::Reset => FirstResponse::Answer(render_confirmation()),
            Ok(()) => FirstResponse::Deferred(ActionTask::Command(command)),
        },
        Some(Err(error)) => FirstResponse::text(error.to_string()),
        None => FirstResponse::text("This command no longer exists."),
    }
}

/// Handles a press on the reset button; returns `None` for other buttons.
pub(super) fn handle_press(context: &ActionContext<'_>, name: &str) -> Option<FirstResponse> {
    // Only the person who used the command sees the button, but the person's permissions can have changed
    // since.
    (name == RESET).then(|| match context.person.check_right(Right::Reset) {
        Ok(()) => FirstResponse::Deferred(ActionTask::Command(Command::Reset)),
        Err(error) => render_refusal(error),
    })
}

fn render_refusal(error: Forbidden) -> FirstResponse {
    let text = match error {
        Forbidden::NotModerator => MAY_NOT_RESET,
        _ => NOT_ALLOWED,
    };
    FirstResponse::text(text)
}

fn render_confirmation() -> ActionAnswer {
    let what = "Forget this conversation's session? The next message begins a new one.";
    let button = Button {
        look: ButtonLook::Negative,
        label: "Forget the session".to_owned(),
        name: RESET.to_owned(),
    };
    ActionAnswer {
        buttons: vec![button],
        ..ActionAnswer::text(what)
    }
}

fn render_status(status: String) -> ActionAnswer {
    ActionAnswer {
        title: Some("Status".to_owned()),
        ..ActionAnswer::text(status)
    }
}

/// Runs a command; returns the answer to show.
pub(super) async fn run_command(context: &ActionContext<'_>, command: Command) -> ActionAnswer {
    let is_status = command == Command::Status;
    let place = context.find_place().await;
    let persona = &context.answering.persona;
    let done = context
        .inbox
        .command(&place, persona, &context.person, command)
        .await;
    match done {
        Ok(status) if is_status => render_status(status),
        Ok(done) => ActionAnswer::text(done),
        Err(error) => ActionAnswer::text(render_error(&error)),
    }
}
