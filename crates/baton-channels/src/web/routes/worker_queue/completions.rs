//! The end of a worker's claim. The reply and the completion are one transaction. A repeated completion gets
//! the same answer again. A completion by a worker without the claim is refused.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use baton_core::agent::AgentError;
use baton_core::conclusion::{Conclusion, Written};
use baton_core::message::{Message, MessageState};
use baton_core::name::WorkerId;
use baton_core::store::{Finish, LeaseError, TurnSaid, TurnView};
use baton_core::turn::{SessionChange, TurnState, Usage};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::claims::parse_worker;
use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::SignedInCaller;
use crate::web::http::extractors::Json;
use crate::web::http::size_limits::REPLY_LIMIT;
use crate::web::model::input_validation;
use crate::web::model::public_id::public_id;
use crate::web::routes::message_lookup;

/// Maximum length of a stored failure reason, in characters.
const LONGEST_REASON: usize = 500;

/// The completion of a claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Complete)]
pub(crate) struct CompleteRequest {
    /// The id of the comment.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    message_id: String,
    /// The worker that claimed the message. Optional beside a `fence`, and for a message that was
    /// claimed only once.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    worker_id: Option<String>,
    /// The fence of the claim. By default the worker's last claim of the message is meant.
    fence: Option<i64>,
    /// The reply, in Markdown: at most 100,000 characters. Left out or empty if the reply was posted before,
    /// or if no reply is wanted.
    #[schema(max_length = 100_000)]
    reply: Option<String>,
}

/// The failure of a claim.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Fail)]
pub(crate) struct FailRequest {
    /// The id of the comment.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    message_id: String,
    /// The worker that claimed the message. Optional beside a `fence`, and for a message that was
    /// claimed only once.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    worker_id: Option<String>,
    /// The fence of the claim. By default the worker's last claim of the message is meant.
    fence: Option<i64>,
    /// The failure, for operators and the log. The first 500 characters are kept.
    error: Option<String>,
}

/// The state of a message after a completion or failure.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CompletionAnswer {
    /// Always `true`.
    success: bool,
    /// Always `success`.
    status: &'static str,
    /// The id of the comment.
    message_id: String,
    /// `answered`; after a failure `waiting` or `dead`.
    #[schema(value_type = crate::web::model::comment::MessageStateSchema)]
    state: MessageState,
    /// The number of the attempt.
    attempt: u32,
}

/// Complete a claim. The reply and the end of the claim are stored together, or neither is stored.
#[utoipa::path(post, path = "/api/queue/complete", tag = "queue", request_body = CompleteRequest, responses(
    (status = 200, description = "the message is answered, now or before, by this worker with this reply", body = CompletionAnswer),
    (status = 400, description = "a field is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
    (status = 404, description = "there is no such message", body = ErrorBody),
    (status = 409, description = "no valid claim, or completed with another reply: drop the work", body = ErrorBody),
))]
pub(crate) async fn complete_claim(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Json(complete): Json<CompleteRequest>,
) -> Result<axum::Json<CompletionAnswer>, ApiError> {
    let worker = complete
        .worker_id
        .as_deref()
        .map(parse_worker)
        .transpose()?;
    let reply = match complete.reply.as_deref() {
        Some(reply) if !reply.is_empty() => Some(input_validation::said(reply, REPLY_LIMIT)?),
        _ => None,
    };
    let message =
        message_lookup::find_message_for_worker(&app, &caller, &complete.message_id).await?;
    let completion = TurnCompletion {
        message,
        worker,
        fence: complete.fence,
        repeated_state: TurnState::Done,
    };
    let reply = reply.unwrap_or_default();
    completion.complete_with(&app, &reply).await.map(axum::Json)
}

/// Ends the claim of a message without a reply. `worker` holds the claim; `None` is allowed if the
/// message was claimed only once.
pub(crate) async fn complete_without_reply(
    app: &AppState,
    message: Message,
    worker: Option<WorkerId>,
) -> Result<(), ApiError> {
    let completion = TurnCompletion {
        message,
        worker,
        fence: None,
        repeated_state: TurnState::Done,
    };
    completion.complete_with(app, "").await.map(|_| ())
}

/// Give back a claimed message.
///
/// The message is tried again later, or becomes a dead letter after its last attempt.
#[utoipa::path(post, path = "/api/queue/fail", tag = "queue", request_body = FailRequest, responses(
    (status = 200, description = "the message waits again, or is dead", body = CompletionAnswer),
    (status = 400, description = "a field is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
    (status = 404, description = "there is no such message", body = ErrorBody),
    (status = 409, description = "no valid claim: drop the work", body = ErrorBody),
))]
pub(crate) async fn fail_claim(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Json(fail): Json<FailRequest>,
) -> Result<axum::Json<CompletionAnswer>, ApiError> {
    let worker = fail.worker_id.as_deref().map(parse_worker).transpose()?;
    let mut error = AgentError::failed("the worker failed");
    if let Some(detail) = fail.error.as_deref() {
        error = error.with_detail(shorten_reason(detail));
    }
    let message = message_lookup::find_message_for_worker(&app, &caller, &fail.message_id).await?;
    let completion = TurnCompletion {
        message,
        worker,
        fence: fail.fence,
        repeated_state: TurnState::Failed,
    };
    let retry = app.settings.retry;
    completion
        .finish_turn(&app, |_, turn| {
            error.log(turn.id, &turn.messages, turn.attempt);
            Conclusion::failed(&retry, &error, &turn.messages, turn.tries())
        })
        .await
        .map(axum::Json)
}

/// The failure reason as stored: shortened, and without control characters. A reason is never refused,
/// because a refused failure would make other workers wait for the end of the lease.
fn shorten_reason(reason: &str) -> String {
    let is_kept = |c: &char| !c.is_control() || matches!(c, '\n' | '\t');
    let mut rest = reason.trim().chars().filter(is_kept);
    let mut kept: String = rest.by_ref().take(LONGEST_REASON).collect();
    if rest.next().is_some() {
        kept.push('…');
    }
    kept
}

/// The end of a worker's turn.
struct TurnCompletion {
    message: Message,
    /// `None` if the request names no worker.
    worker: Option<WorkerId>,
    fence: Option<i64>,
    /// The state of the turn after an earlier, equal request of the worker.
    repeated_state: TurnState,
}

impl TurnCompletion {
    async fn complete_with(
        &self,
        app: &AppState,
        reply: &str,
    ) -> Result<CompletionAnswer, ApiError> {
        self.finish_turn(app, |message, turn| {
            let persona = app.inbox.personas().get(&message.persona);
            let last = turn.messages.last().copied().unwrap_or(message.id);
            Conclusion::answered(persona.as_deref(), last, Written::text(reply))
        })
        .await
    }

    async fn finish_turn(
        &self,
        app: &AppState,
        conclude: impl Fn(&Message, &TurnView) -> Conclusion,
    ) -> Result<CompletionAnswer, ApiError> {
        let turn = self.find_turn(app).await?;
        if turn.state == self.repeated_state {
            return self.answer_repeated(app, &turn, conclude).await;
        }
        let Conclusion {
            end,
            delivery,
            detail,
            rest,
        } = conclude(&self.message, &turn);
        let finish = Finish {
            turn: turn.id,
            fence: turn.fence,
            end,
            detail,
            taken: turn.messages.clone(),
            deliveries: delivery.into_iter().collect(),
            session: SessionChange::Keep,
            usage: Usage::default(),
            rest,
        };
        match app.store().finish(finish, None).await {
            Ok(()) => {}
            // The turn has ended: by an earlier request of this worker, or by another.
            Err(LeaseError::Lost(_)) => {
                let turn = self.find_turn(app).await?;
                if turn.state != self.repeated_state {
                    return Err(self.not_held());
                }
                return self.answer_repeated(app, &turn, conclude).await;
            }
            Err(LeaseError::Store(error)) => return Err(error.into()),
        }
        self.completion_answer(app, &turn).await
    }

    /// A repeated request to end the turn. The same reply gets the same answer. Another reply would be lost,
    /// and is refused.
    async fn answer_repeated(
        &self,
        app: &AppState,
        turn: &TurnView,
        conclude: impl Fn(&Message, &TurnView) -> Conclusion,
    ) -> Result<CompletionAnswer, ApiError> {
        if self.repeated_state == TurnState::Done
            && let Some(reply) = conclude(&self.message, turn).delivery
        {
            let is_known = match app.views().said_in(self.message.id, turn.id).await? {
                TurnSaid::Words(words) => words == reply.operation.text(),
                // The first request left out the reply too.
                TurnSaid::Beside => true,
                TurnSaid::Nothing => false,
            };
            if !is_known {
                return Err(ApiError::new(
                    StatusCode::CONFLICT,
                    "answered",
                    format!(
                        "{:?} is already completed with another reply, which stays; drop this reply",
                        public_id(&self.message)
                    ),
                ));
            }
        }
        self.completion_answer(app, turn).await
    }

    /// The turn of this worker: running, or ended by an earlier, equal request.
    async fn find_turn(&self, app: &AppState) -> Result<TurnView, ApiError> {
        let turn = app.views().turn_of(self.message.id).await?;
        turn.filter(|turn| {
            let theirs = if self.worker.is_some() {
                turn.worker == self.worker
            } else {
                // After several claims, only the fence identifies the claim. The number of the attempt is not
                // enough, because a replay begins the attempts anew.
                let is_only_one = turn.attempt == 1 && turn.claims <= 1;
                turn.worker.is_some() && (is_only_one || self.fence.is_some())
            };
            theirs
                && self.fence.is_none_or(|fence| fence == turn.fence.0)
                && (turn.state == TurnState::Running || turn.state == self.repeated_state)
        })
        .ok_or_else(|| self.not_held())
    }

    fn not_held(&self) -> ApiError {
        ApiError::new(
            StatusCode::CONFLICT,
            "not_held",
            format!(
                "{} {:?}: the message was never claimed, the lease ended, or the message is done; drop the work",
                match &self.worker {
                    Some(worker) => format!("{worker} has no claim on"),
                    None => "the caller named neither `workerId` nor `fence`, and has no claim on"
                        .to_owned(),
                },
                public_id(&self.message)
            ),
        )
    }

    async fn completion_answer(
        &self,
        app: &AppState,
        turn: &TurnView,
    ) -> Result<CompletionAnswer, ApiError> {
        let state = match self.repeated_state {
            TurnState::Done => MessageState::Answered,
            _ => app
                .views()
                .message(self.message.id)
                .await?
                .map_or(MessageState::Waiting, |message| message.state),
        };
        Ok(CompletionAnswer {
            success: true,
            status: "success",
            message_id: public_id(&self.message),
            state,
            attempt: turn.attempt,
        })
    }
}
