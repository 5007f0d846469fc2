//! Commands to Baton itself, which Discord offers while a person types.

use baton_core::authority::{Forbidden, Right};
use baton_core::commands::{Command, OFFERS};

use super::interactions::{
    FirstResponse, InteractionContext, InteractionTask, NOT_ALLOWED, render_answer, render_error,
};
use super::limits;
use super::rest::{ActionRow, InteractionMessage, MessageButton, OutgoingEmbed};
use super::text_splitting;
use super::type_numbers::ButtonStyle;

/// Discord's permission to manage messages. `/reset` in a server needs this permission or [`ADMINISTRATOR`].
pub(super) const MANAGE_MESSAGES: u64 = 1 << 13;
pub(super) const ADMINISTRATOR: u64 = 1 << 3;

const MAY_NOT_RESET: &str = "Only who may manage messages here can reset this conversation.";

/// The name of the command that forgets a session, and of the button that confirms the command.
pub(super) const RESET: &str = "reset";

/// Chooses the first answer to a command.
pub(super) fn choose_response(context: &InteractionContext<'_>) -> FirstResponse {
    let data = &context.interaction.data;
    let name = data.command_name();
    let mut offers = OFFERS.iter().filter(|offer| offer.name == name);
    let argument = offers.find_map(|offer| data.option_value(offer.argument?.name)?.as_str());
    let argument = argument.unwrap_or_default();
    match Command::parse(&format!("/{name} {argument}")) {
        Some(Ok(command)) => match context.person.check_right(command.needed_right()) {
            Err(error) => render_refusal(error),
            Ok(()) if command == Command::Reset => FirstResponse::Message(render_confirmation()),
            Ok(()) => FirstResponse::Deferred(InteractionTask::Command(command)),
        },
        Some(Err(error)) => FirstResponse::Message(render_answer(&error.to_string())),
        None => FirstResponse::Message(render_answer("There is no such command any more.")),
    }
}

/// Handles a press on the reset button; returns `None` for other buttons.
pub(super) fn handle_press(context: &InteractionContext<'_>, id: &str) -> Option<FirstResponse> {
    // Only the person who used the command sees the button, but the person's permissions can have changed
    // since.
    (id == RESET).then(|| match context.person.check_right(Right::Reset) {
        Ok(()) => FirstResponse::Deferred(InteractionTask::Command(Command::Reset)),
        Err(error) => render_refusal(error),
    })
}

fn render_refusal(error: Forbidden) -> FirstResponse {
    let text = match error {
        Forbidden::NotModerator => MAY_NOT_RESET,
        _ => NOT_ALLOWED,
    };
    FirstResponse::Message(render_answer(text))
}

fn render_confirmation() -> InteractionMessage {
    let what = "Forget this conversation's session? The next message begins a new one.";
    let button = MessageButton::new(ButtonStyle::DANGER, "Forget it", RESET);
    InteractionMessage {
        content: Some(what.to_owned()),
        components: vec![ActionRow::new(vec![button])],
        ..InteractionMessage::default()
    }
}

fn render_status(status: &str) -> InteractionMessage {
    let embed = OutgoingEmbed {
        title: "Status".to_owned(),
        description: text_splitting::truncate_text(status, limits::EMBED),
    };
    InteractionMessage {
        embeds: vec![embed],
        ..InteractionMessage::default()
    }
}

/// Runs a command; returns the message to show.
pub(super) async fn run_command(
    context: &InteractionContext<'_>,
    command: Command,
) -> InteractionMessage {
    let is_status = command == Command::Status;
    let place = context.place();
    let persona = &context.answering.persona;
    let done = context
        .inbox
        .command(&place, persona, &context.person, command)
        .await;
    match done {
        Ok(status) if is_status => render_status(&status),
        Ok(done) => render_answer(&done),
        Err(error) => render_answer(&render_error(&error)),
    }
}
