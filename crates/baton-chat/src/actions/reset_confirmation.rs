//! The confirmation of `/reset`: a button that forgets one session. A late or repeated press forgets no later session.

use baton_core::authority::{Forbidden, Right};
use baton_core::commands::CommandError;
use baton_core::id::Generation;
use baton_core::store::ConversationView;

use super::action_context::{ActionContext, ActionTask, FirstResponse, NOT_ALLOWED, render_error};
use crate::connector::{ActionAnswer, Button, ButtonLook};
use crate::offered_commands::command_specs::RESET;

const MAY_NOT_RESET: &str = "Only people who may manage messages here can reset this conversation.";

/// The name of the button that forgets the session with this number.
fn button_name(session: Generation) -> String {
    format!("{RESET}:{session}")
}

/// The session of a button with this name; `None` for other buttons.
fn parse_button_name(name: &str) -> Option<Generation> {
    let number = name.strip_prefix(RESET)?.strip_prefix(':')?;
    number.parse().ok().map(Generation)
}

/// Whether a button has this name because of `/reset`.
pub(super) fn is_reset_button(name: &str) -> bool {
    parse_button_name(name).is_some()
}

/// Asks the person to confirm the reset of the current session.
pub(super) async fn ask_for_confirmation(context: &ActionContext<'_>) -> FirstResponse {
    match find_conversation(context).await {
        Ok(here) => FirstResponse::Answer(render_confirmation(here.generation)),
        Err(error) => FirstResponse::text(render_error(&error)),
    }
}

async fn find_conversation(context: &ActionContext<'_>) -> Result<ConversationView, CommandError> {
    let place = context.find_place().await;
    let persona = &context.answering.persona;
    let here = context.inbox.store().conversation(&place, persona).await?;
    here.ok_or_else(|| CommandError::Nothing(persona.clone()))
}

fn render_confirmation(session: Generation) -> ActionAnswer {
    let what = "Forget this conversation's session? The next message begins a new one.";
    let button = Button {
        look: ButtonLook::Negative,
        label: "Forget the session".to_owned(),
        name: button_name(session),
    };
    ActionAnswer {
        buttons: vec![button],
        ..ActionAnswer::text(what)
    }
}

/// Handles a press on the reset button; returns `None` for other buttons.
pub(super) fn handle_press(context: &ActionContext<'_>, name: &str) -> Option<FirstResponse> {
    let session = parse_button_name(name)?;
    // Often, only the person who used the command sees the button, but the person's permissions can have changed since.
    Some(match context.person.check_right(Right::Reset) {
        Ok(()) => FirstResponse::Deferred(ActionTask::Reset(session)),
        Err(error) => render_refusal(error),
    })
}

/// The answer to a person without the right to reset.
pub(super) fn render_refusal(error: Forbidden) -> FirstResponse {
    let text = match error {
        Forbidden::NotModerator => MAY_NOT_RESET,
        _ => NOT_ALLOWED,
    };
    FirstResponse::text(text)
}

/// Forgets the session with this number; returns the answer to show.
pub(super) async fn reset_session(
    context: &ActionContext<'_>,
    session: Generation,
) -> ActionAnswer {
    let place = context.find_place().await;
    let persona = &context.answering.persona;
    let (inbox, person) = (context.inbox, &context.person);
    let done = inbox.reset_session(&place, persona, person, session).await;
    ActionAnswer::text(done.unwrap_or_else(|error| render_error(&error)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_button_names_its_session() {
        let session = Generation(i64::MAX);
        let name = button_name(session);
        assert!(name.len() <= Button::LONGEST_NAME, "{name}");
        assert_eq!(parse_button_name(&name), Some(session));
        for other in ["", "reset", "reset:", "reset:x", "q:1.2:stop"] {
            assert_eq!(parse_button_name(other), None, "{other}");
        }
    }
}
