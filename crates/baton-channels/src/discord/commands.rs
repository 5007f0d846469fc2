//! Commands: what people tell Baton itself, offered by Discord as they type.

use baton_core::commands::Command;
use baton_core::id::Seq;
use serde_json::{Value, json};

use super::interactions::{Context, First, NOT_HEARD, Task, told};
use super::limits;
use super::text;

/// What whoever resets must be allowed to do in a server: manage messages.
pub(super) const MANAGE_MESSAGES: u64 = 1 << 13;
pub(super) const ADMINISTRATOR: u64 = 1 << 3;

const MAY_NOT_RESET: &str = "Only who may manage messages here can reset this conversation.";
/// The command that says what became of a message.
pub(super) const TRACE: &str = "trace";
/// What its option is called, and those of the others are.
pub(super) const NUMBER: &str = "number";
pub(super) const ARGUMENT: &str = "name";

/// The command that forgets a session, and the button that says that it is meant.
pub(super) const RESET: &str = "reset";

/// What is asked for.
pub(super) enum Given {
    Command(Command),
    /// What became of a message.
    Trace(i64),
}

/// What is done about a command.
pub(super) fn begin(context: &Context<'_>) -> First {
    let data = &context.interaction.data;
    let name = data.command();
    if name == TRACE {
        let number = data.option(NUMBER).and_then(Value::as_i64);
        let number = number.unwrap_or_default();
        return First::Later(Task::Command(Given::Trace(number)));
    }
    let argument = data.option(ARGUMENT).and_then(Value::as_str);
    let argument = argument.unwrap_or_default();
    match Command::parse(&format!("/{name} {argument}")) {
        Some(Ok(Command::Reset)) if !may_reset(context) => First::Message(told(MAY_NOT_RESET)),
        Some(Ok(Command::Reset)) => First::Message(confirm()),
        Some(Ok(command)) => First::Later(Task::Command(Given::Command(command))),
        Some(Err(error)) => First::Message(told(&error.to_string())),
        None => First::Message(told("There is no such command any more.")),
    }
}

/// What is done about a button of ours.
pub(super) fn pressed(context: &Context<'_>, id: &str) -> Option<First> {
    // Only whoever was shown the button can press it; what they may do can have changed since.
    (id == RESET).then(|| {
        if !context.is_heard() {
            First::Message(told(NOT_HEARD))
        } else if may_reset(context) {
            First::Later(Task::Command(Given::Command(Command::Reset)))
        } else {
            First::Message(told(MAY_NOT_RESET))
        }
    })
}

fn may_reset(context: &Context<'_>) -> bool {
    let Some(member) = &context.interaction.member else {
        // Alone with us.
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

/// Carries it out; what to show for it.
pub(super) async fn carry_out(context: &Context<'_>, asked: Given) -> Value {
    match asked {
        Given::Trace(number) => told(&trace(context, number).await),
        Given::Command(command) => {
            let is_status = command == Command::Status;
            let by = context.who.id.to_string().into();
            let place = context.place();
            let persona = &context.answering.persona;
            let done = context.inbox.command(&place, persona, &by, command).await;
            match done {
                Ok(status) if is_status => json!({ "embeds": [{
                    "title": "Status",
                    "description": text::beginning(&status, limits::EMBED),
                }] }),
                Ok(done) => told(&done),
                Err(error) => told(&error.to_string()),
            }
        }
    }
}

/// What happened to a message or delivery of this place.
async fn trace(context: &Context<'_>, number: i64) -> String {
    let store = context.inbox.store();
    let message = store.message(baton_core::id::MessageId(number)).await;
    let here = matches!(message, Ok(Some(message)) if message.place == context.place());
    if !here {
        return format!("There is no message {number} in this channel.");
    }
    match store.trace(Seq(number)).await {
        Ok(lines) => {
            let lines = lines.iter().map(|line| format!("- {}", line.what));
            lines.collect::<Vec<_>>().join("\n")
        }
        Err(error) => error.to_string(),
    }
}
