//! Stop and retry. Neither call waits for the turn to end.

use std::sync::Arc;

use axum::extract::State;
use baton_core::authority::Right;
use baton_core::message::Message;
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{SignedInCaller, WebCaller};
use crate::web::http::extractors::Path;
use crate::web::model::comment::Comment;
use crate::web::routes::message_lookup;

/// The result of a stop, a retry or a change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ControlAnswer {
    /// Always `true`.
    success: bool,
    /// Always `success`.
    status: &'static str,
    /// The message in its present state. A running message is only told to stop, and changes its state at the
    /// end of its turn.
    comment: Comment,
}

impl ControlAnswer {
    pub(crate) fn new(comment: Comment) -> Self {
        Self {
            success: true,
            status: "success",
            comment,
        }
    }
}

/// Stop a message. A waiting message is withdrawn; the turn of a running message is stopped.
#[utoipa::path(post, path = "/api/comments/{id}/stop", tag = "comments",
    params(("id" = String, Path, description = "the comment's id")),
    responses(
        (status = 200, description = "the message is withdrawn, or its turn is told to stop", body = ControlAnswer),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such message", body = ErrorBody),
        (status = 409, description = "the message neither waits nor runs", body = ErrorBody),
    ))]
pub(crate) async fn stop_message(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Path(id): Path<String>,
) -> Result<axum::Json<ControlAnswer>, ApiError> {
    let message = message_lookup::find_message(&app, &caller, &id).await?;
    let by = caller.principal_in(&message.place);
    by.check_right(Right::StopMessage)?;
    app.inbox.stop(message.id, by.id()).await?;
    control_answer(&app, &caller, &message).await
}

/// Try a dead, withdrawn or refused message again, with a new count of attempts.
#[utoipa::path(post, path = "/api/comments/{id}/retry", tag = "comments",
    params(("id" = String, Path, description = "the comment's id")),
    responses(
        (status = 200, description = "the message waits again", body = ControlAnswer),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such message", body = ErrorBody),
        (status = 409, description = "the message waits, runs or is answered", body = ErrorBody),
    ))]
pub(crate) async fn retry_message(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Path(id): Path<String>,
) -> Result<axum::Json<ControlAnswer>, ApiError> {
    let message = message_lookup::find_message(&app, &caller, &id).await?;
    let by = caller.principal_in(&message.place);
    by.check_right(Right::Retry)?;
    app.inbox.replay(message.id.into(), by.id()).await?;
    control_answer(&app, &caller, &message).await
}

async fn control_answer(
    app: &AppState,
    caller: &WebCaller,
    message: &Message,
) -> Result<axum::Json<ControlAnswer>, ApiError> {
    let message = message_lookup::find_message(app, caller, message.external_id.as_str()).await?;
    Ok(axum::Json(ControlAnswer::new(
        Comment::of_message(&app.comments, message).await?,
    )))
}
