//! `PATCH /api/comments/{id}`: a worker without claims marks a message as done. Such clients set `processed`
//! or `status` of `botParams`.

use std::sync::Arc;

use axum::extract::State;
use baton_core::message::{Message, MessageState};
use baton_core::name::WorkerId;
use baton_core::store::ClaimMessage;
use serde::Deserialize;
use utoipa::ToSchema;

use super::claims::USUAL_LEASE;
use super::completions;
use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::SignedInCaller;
use crate::web::http::extractors::{Json, Path};
use crate::web::model::comment::Comment;
use crate::web::routes::comments::message_controls::ControlAnswer;
use crate::web::routes::message_lookup;

/// The name of the worker for a message that is marked as done without a claim.
const MARKER: &str = "patch";

/// The change of a comment. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[schema(as = Change)]
pub(crate) struct CommentChange {
    bot_params: StatusChange,
}

/// Either `processed` or `status`, and not both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "`botParams` has either `processed`, or a `status` of complete or pending; \
                 claims and failures have their own calls, and scores have none"
)]
pub(crate) enum StatusChange {
    Processed(ProcessedChange),
    Status(StatusWordChange),
}

/// Whether the message is done.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ProcessedChange {
    /// `true`: the message is done. `false`: the message waits, which is accepted only for a waiting message.
    processed: bool,
}

/// The state of the message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct StatusWordChange {
    status: StatusWord,
}

/// `complete`: the message is done. `pending`: the message waits, which is accepted only for a waiting
/// message.
#[derive(Clone, Copy, Debug, Deserialize, PartialEq, Eq, ToSchema)]
#[serde(rename_all = "lowercase")]
pub(crate) enum StatusWord {
    Complete,
    Pending,
}

/// Mark a message for a worker as done.
///
/// Any reply must be posted before this call.
#[utoipa::path(patch, path = "/api/comments/{id}", tag = "queue", request_body = CommentChange,
    params(("id" = String, Path, description = "the comment's id")),
    responses(
        (status = 200, description = "the message has the requested state", body = ControlAnswer),
        (status = 400, description = "a field is invalid", body = ErrorBody),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such message", body = ErrorBody),
        (status = 409, description = "the message cannot get the requested state", body = ErrorBody),
    ))]
pub(crate) async fn patch_comment(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Path(id): Path<String>,
    Json(change): Json<CommentChange>,
) -> Result<axum::Json<ControlAnswer>, ApiError> {
    let done = match change.bot_params {
        StatusChange::Processed(change) => change.processed,
        StatusChange::Status(change) => change.status == StatusWord::Complete,
    };
    let message = message_lookup::find_message_for_worker(&app, &caller, &id).await?;
    if done {
        mark_done(&app, &message).await?;
    } else if message.state != MessageState::Waiting {
        return Err(ApiError::conflict(
            "the message does not wait; `POST /api/queue/fail` gives a claim back, \
             and `POST /api/comments/{id}/retry` tries a dead message again",
        ));
    }
    let message = message_lookup::find_message_for_worker(&app, &caller, &id).await?;
    Ok(axum::Json(ControlAnswer::new(
        Comment::of_message(&app.comments, message).await?,
    )))
}

async fn mark_done(app: &AppState, message: &Message) -> Result<(), ApiError> {
    let worker = match message.state {
        MessageState::Answered => return Ok(()),
        MessageState::Waiting => {
            let worker = WorkerId::from(MARKER);
            app.store()
                .claim(ClaimMessage {
                    message: message.id,
                    worker: worker.clone(),
                    lease: USUAL_LEASE,
                    agents: app.settings.worker_agents.clone(),
                })
                .await?;
            Some(worker)
        }
        _ => None,
    };
    completions::complete_without_reply(app, message.clone(), worker).await
}
