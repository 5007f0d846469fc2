//! Commands to Baton itself, which Discord offers while a person types.

use baton_core::commands::{Command, OFFERS};
use serde_json::{Value, json};

use super::interactions::{Context, First, NOT_HEARD, Task, not_done, told};
use super::limits;
use super::text_splitting;

/// Discord's permission to manage messages. `/reset` in a server needs this permission or [`ADMINISTRATOR`].
pub(super) const MANAGE_MESSAGES: u64 = 1 << 13;
pub(super) const ADMINISTRATOR: u64 = 1 << 3;

const MAY_NOT_RESET: &str = "Only who may manage messages here can reset this conversation.";

/// The name of the command that forgets a session, and of the button that confirms the command.
pub(super) const RESET: &str = "reset";

/// Chooses the first answer to a command.
pub(super) fn begin(context: &Context<'_>) -> First {
    let data = &context.interaction.data;
    let name = data.command();
    let mut offers = OFFERS.iter().filter(|offer| offer.name == name);
    let argument = offers.find_map(|offer| data.option(offer.argument?.name)?.as_str());
    let argument = argument.unwrap_or_default();
    match Command::parse(&format!("/{name} {argument}")) {
        Some(Ok(Command::Reset)) if !may_reset(context) => First::Message(told(MAY_NOT_RESET)),
        Some(Ok(Command::Reset)) => First::Message(confirm()),
        Some(Ok(command)) => First::Later(Task::Command(command)),
        Some(Err(error)) => First::Message(told(&error.to_string())),
        None => First::Message(told("There is no such command any more.")),
    }
}

/// Handles a press on the reset button; returns `None` for other buttons.
pub(super) fn pressed(context: &Context<'_>, id: &str) -> Option<First> {
    // Only the person who used the command sees the button, but the person's permissions can have changed
    // since.
    (id == RESET).then(|| {
        if !context.is_heard() {
            First::Message(told(NOT_HEARD))
        } else if may_reset(context) {
            First::Later(Task::Command(Command::Reset))
        } else {
            First::Message(told(MAY_NOT_RESET))
        }
    })
}

fn may_reset(context: &Context<'_>) -> bool {
    let Some(member) = &context.interaction.member else {
        // Direct messages have no members and no permissions.
        return true;
    };
    member.may(MANAGE_MESSAGES | ADMINISTRATOR)
}

fn confirm() -> Value {
    json!({
        "content": "Forget this conversation's session? The next message begins a new one.",
        "components": [{ "type": 1, "components": [
            { "type": 2, "style": 4, "label": "Forget it", "custom_id": RESET },
        ] }],
    })
}

/// Runs a command; returns the message to show.
pub(super) async fn carry_out(context: &Context<'_>, command: Command) -> Value {
    let is_status = command == Command::Status;
    let by = context.who.id.to_string().into();
    let place = context.place();
    let persona = &context.answering.persona;
    // A person on Discord is never an operator.
    let done = context
        .inbox
        .command(&place, persona, &by, false, command)
        .await;
    match done {
        Ok(status) if is_status => json!({ "embeds": [{
            "title": "Status",
            "description": text_splitting::beginning(&status, limits::EMBED),
        }] }),
        Ok(done) => told(&done),
        Err(error) => told(&not_done(&error)),
    }
}
