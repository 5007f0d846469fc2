//! Commands to Baton itself, which the platform offers while a person types.

use std::collections::BTreeMap;

use baton_core::commands::{Command, OFFERS};

use super::action_context::{ActionContext, ActionTask, FirstResponse, render_error};
use super::reset_confirmation;
use crate::connector::ActionAnswer;

/// Chooses the first answer to a command. `options` are the values by the names of the options.
pub(super) async fn choose_response(
    context: &ActionContext<'_>,
    name: &str,
    options: &BTreeMap<String, String>,
) -> FirstResponse {
    let mut offers = OFFERS.iter().filter(|offer| offer.name == name);
    let argument = offers.find_map(|offer| options.get(offer.argument?.name));
    let argument = argument.map_or("", String::as_str);
    match Command::parse(&format!("/{name} {argument}")) {
        Some(Ok(command)) => match context.person.check_right(command.needed_right()) {
            Err(error) => reset_confirmation::render_refusal(error),
            Ok(()) if command == Command::Reset => {
                reset_confirmation::ask_for_confirmation(context).await
            }
            Ok(()) => FirstResponse::Deferred(ActionTask::Command(command)),
        },
        Some(Err(error)) => FirstResponse::text(error.to_string()),
        None => FirstResponse::text("This command no longer exists."),
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
