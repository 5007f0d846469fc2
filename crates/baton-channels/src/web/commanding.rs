//! `POST /api/commands`: commands of people to Baton.

use std::sync::Arc;

use axum::extract::State;
use baton_core::commands::{Command, CommandError, OFFERS};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access::Member;
use super::app::App;
use super::error::{ApiError, ErrorBody};
use super::extract::Json;
use super::{DEFAULT_ROOM, markdown, place, text};

/// Maximum length of a command, in characters. Enough for the longest name of a model and some spaces.
const COMMAND_LIMIT: usize = 300;

/// A command to Baton.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Told {
    /// `/reset`, `/model [NAME | default]`, `/stop`, `/status`, `/queue`, `/retry` or `/trace NUMBER`.
    #[schema(min_length = 1, max_length = 300)]
    command: String,
    /// The room of the conversation. By default `main`.
    #[schema(min_length = 1, max_length = 64)]
    domain: Option<String>,
    /// The persona of the conversation. By default the default persona.
    entity: Option<String>,
}

/// Baton's answer to a command. Only the caller gets the answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Answered {
    /// Always `success`.
    status: &'static str,
    /// The answer in Markdown.
    text: String,
    /// The answer as safe HTML.
    html: String,
}

/// Give Baton a command about the conversation of a room and a persona.
///
/// Other people do not see the command or the answer.
#[utoipa::path(post, path = "/api/commands", tag = "comments", request_body = Told, responses(
    (status = 200, description = "done", body = Answered),
    (status = 400, description = "no command, or not as it is written", body = ErrorBody),
    (status = 401, description = "not signed in", body = ErrorBody),
    (status = 404, description = "no room that is open to the caller, or nobody wrote to that persona there, or no such message there", body = ErrorBody),
    (status = 409, description = "not possible now", body = ErrorBody),
))]
pub(crate) async fn command(
    State(app): State<Arc<App>>,
    Member(caller): Member,
    Json(told): Json<Told>,
) -> Result<axum::Json<Answered>, ApiError> {
    let room = match told.domain.as_deref() {
        Some(room) => text::room(room)?,
        None => DEFAULT_ROOM,
    };
    caller.enter(room)?;
    let persona = app.persona(told.entity.as_deref())?.name.clone();
    let spelled = text::said(&told.command, COMMAND_LIMIT)?;
    let command = Command::parse(&spelled).ok_or_else(unknown)??;
    let place = place(room);
    let (by, operator) = (&caller.id, caller.is_operator());
    let answered = app.inbox.command(&place, &persona, by, operator, command);
    let text = answered.await?;
    Ok(axum::Json(Answered {
        status: "success",
        html: markdown::html(&text),
        text,
    }))
}

fn unknown() -> ApiError {
    let known: Vec<_> = OFFERS
        .iter()
        .map(|offer| format!("/{}", offer.name))
        .collect();
    let known = known.join(", ");
    ApiError::invalid(
        "unknown_command",
        format!("there is no such command; there are: {known}"),
    )
}

impl From<CommandError> for ApiError {
    fn from(error: CommandError) -> Self {
        match error {
            CommandError::Usage(_) => Self::invalid("invalid_command", error),
            CommandError::Nothing(_) | CommandError::NoMessage(_) => Self::not_found(error),
            CommandError::Control(error) => error.into(),
            CommandError::Store(error) => error.into(),
        }
    }
}
