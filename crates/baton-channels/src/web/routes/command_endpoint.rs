//! `POST /api/commands`: commands of people to Baton.

use std::sync::Arc;

use axum::extract::State;
use baton_core::commands::{Command, CommandError, OFFERS};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::SignedInCaller;
use crate::web::http::extractors::Json;
use crate::web::model::{input_validation, markdown_html};
use crate::web::room_place::{DEFAULT_ROOM, place_of_room};

/// Maximum length of a command, in characters. Enough for the longest name of a model and some spaces.
const COMMAND_LIMIT: usize = 300;

/// A command to Baton.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct CommandRequest {
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
pub(crate) struct CommandAnswer {
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
#[utoipa::path(post, path = "/api/commands", tag = "comments", request_body = CommandRequest, responses(
    (status = 200, description = "the answer to the command", body = CommandAnswer),
    (status = 400, description = "no valid command", body = ErrorBody),
    (status = 401, description = "not signed in", body = ErrorBody),
    (status = 404, description = "no room open to the caller, no conversation with the persona there, or no \
        such message there", body = ErrorBody),
    (status = 409, description = "not possible now", body = ErrorBody),
))]
pub(crate) async fn run_command(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Json(request): Json<CommandRequest>,
) -> Result<axum::Json<CommandAnswer>, ApiError> {
    let room = match request.domain.as_deref() {
        Some(room) => input_validation::check_room(room)?,
        None => DEFAULT_ROOM,
    };
    caller.check_entry(room)?;
    let persona = app.find_persona(request.entity.as_deref())?.name.clone();
    let checked = input_validation::said(&request.command, COMMAND_LIMIT)?;
    let command = Command::parse(&checked).ok_or_else(unknown_command)??;
    let place = place_of_room(room);
    let by = caller.principal_in(&place);
    let answered = app.inbox.command(&place, &persona, &by, command);
    let text = answered.await?;
    Ok(axum::Json(CommandAnswer {
        status: "success",
        html: markdown_html::render_html(&text),
        text,
    }))
}

fn unknown_command() -> ApiError {
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
            CommandError::AlreadyReset => Self::conflict(error),
            CommandError::Forbidden(error) => error.into(),
            CommandError::Control(error) => error.into(),
            CommandError::Store(error) => error.into(),
        }
    }
}
