//! `PATCH /api/comments/{id}`: a worker without claims marks a message as done. Such clients set `processed`
//! or `status` of `botParams`.

use std::sync::Arc;

use axum::extract::State;
use baton_core::message::{Message, MessageState};
use baton_core::name::WorkerId;
use baton_core::store::ClaimMessage;
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::Member;
use super::app::App;
use super::claiming::USUAL_LEASE;
use super::comment::Comment;
use super::completing;
use super::controls::Done;
use super::error::{ApiError, ErrorBody};
use super::extract::{Json, Path};
use super::lookup;

/// The name of the worker for a message that is marked as done without a claim.
const MARKER: &str = "patch";

/// The change of a comment. Other fields are refused.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct Change {
    bot_params: StatusChange,
}

/// Either `processed` or `status`, and not both.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(
    untagged,
    expecting = "`botParams` has either `processed`, or a `status` of complete or pending; \
                 claims, failures and scores have calls of their own, or none"
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
#[utoipa::path(patch, path = "/api/comments/{id}", tag = "queue", request_body = Change,
    params(("id" = String, Path, description = "the comment's id")),
    responses(
        (status = 200, description = "the message is as asked", body = Done),
        (status = 400, description = "something in it cannot be taken", body = ErrorBody),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such message", body = ErrorBody),
        (status = 409, description = "the message cannot become what is asked", body = ErrorBody),
    ))]
pub(crate) async fn patch(
    State(app): State<Arc<App>>,
    Member(caller): Member,
    Path(id): Path<String>,
    Json(change): Json<Change>,
) -> Result<axum::Json<Done>, ApiError> {
    let done = match change.bot_params {
        StatusChange::Processed(change) => change.processed,
        StatusChange::Status(change) => change.status == StatusWord::Complete,
    };
    let message = lookup::for_worker(&app, &caller, &id).await?;
    if done {
        mark_done(&app, &message).await?;
    } else if message.state != MessageState::Waiting {
        return Err(ApiError::conflict(
            "the message does not wait; `POST /api/queue/fail` gives a claim back, \
             and `POST /api/comments/{id}/retry` lets a dead message be tried again",
        ));
    }
    let message = lookup::for_worker(&app, &caller, &id).await?;
    Ok(axum::Json(Done::new(
        Comment::of_message(&app, message).await?,
    )))
}

async fn mark_done(app: &App, message: &Message) -> Result<(), ApiError> {
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
    completing::complete_silently(app, message.clone(), worker).await
}
