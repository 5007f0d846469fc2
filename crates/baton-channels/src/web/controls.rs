//! Stop and retry. Neither call waits for the turn to end.

use std::sync::Arc;

use axum::extract::State;
use baton_core::message::Message;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Caller, Member};
use super::app::App;
use super::comment::Comment;
use super::error::{ApiError, ErrorBody};
use super::extract::Path;
use super::lookup;

/// The result of a stop, a retry or a change.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Done {
    /// Always `true`.
    success: bool,
    /// Always `success`.
    status: &'static str,
    /// The message in its present state. A running message is only told to stop, and changes its state at the
    /// end of its turn.
    comment: Comment,
}

impl Done {
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
        (status = 200, description = "withdrawn, or told to stop", body = Done),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such message", body = ErrorBody),
        (status = 409, description = "it neither waits nor runs", body = ErrorBody),
    ))]
pub(crate) async fn stop(
    State(app): State<Arc<App>>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Result<axum::Json<Done>, ApiError> {
    let message = lookup::message(&app, &caller, &id).await?;
    app.inbox.stop(message.id, &caller.id).await?;
    done(&app, &caller, &message).await
}

/// Try a dead, withdrawn or refused message again, with a new count of attempts.
#[utoipa::path(post, path = "/api/comments/{id}/retry", tag = "comments",
    params(("id" = String, Path, description = "the comment's id")),
    responses(
        (status = 200, description = "it waits again", body = Done),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such message", body = ErrorBody),
        (status = 409, description = "it waits, runs or is answered", body = ErrorBody),
    ))]
pub(crate) async fn retry(
    State(app): State<Arc<App>>,
    Member(caller): Member,
    Path(id): Path<String>,
) -> Result<axum::Json<Done>, ApiError> {
    let message = lookup::message(&app, &caller, &id).await?;
    app.inbox.replay(message.id.into(), &caller.id).await?;
    done(&app, &caller, &message).await
}

async fn done(app: &App, caller: &Caller, message: &Message) -> Result<axum::Json<Done>, ApiError> {
    let message = lookup::message(app, caller, message.external_id.as_str()).await?;
    Ok(axum::Json(Done::new(
        Comment::of_message(app, message).await?,
    )))
}
