//! The queue for workers: list, claim, wait for work, renew a lease.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use baton_core::authority::Right;
use baton_core::message::MessageState;
use baton_core::name::{AccountName, ChannelName, PersonaName, WorkerId};
use baton_core::place::Place;
use baton_core::store::{ClaimMessage, ClaimNext, Claimed, WaitingQuery};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{SignedInCaller, WebCaller};
use crate::web::http::extractors::{Json, Query};
use crate::web::model::comment::Comment;
use crate::web::model::input_validation;
use crate::web::room_place::{account_name, channel_name};
use crate::web::routes::message_lookup;

/// Number of messages in a list without `limit`.
const PENDING: usize = 50;
/// Maximum number of messages in a list.
const MOST_PENDING: usize = 200;
/// Maximum size of a list in bytes as stored. A response holds each message twice, with its HTML.
const PENDING_BYTES: usize = 1024 * 1024;
/// The lease of a claim without `leaseSeconds`.
pub(crate) const USUAL_LEASE: Duration = Duration::from_mins(1);
/// The longest lease, in seconds.
const LONGEST_LEASE: u64 = 3_600;
/// The longest wait for work, in seconds.
const LONGEST_WAIT: u64 = 60;

/// The parameters for a list of waiting messages.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct PendingQuery {
    /// 1 to 200; 50 by default. A list with long messages ends early.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
    /// Only messages for this persona.
    entity: Option<String>,
}

/// The messages that wait for a worker.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PendingMessages {
    /// The messages in the order of claims: greater priority first, then older first.
    #[schema(value_type = Vec<Comment>)]
    messages: Arc<[Comment]>,
    /// The same messages, under the name that older workers read.
    #[schema(value_type = Vec<Comment>)]
    pending: Arc<[Comment]>,
    /// Always empty: every message that waits here is for a worker.
    platform_only: [Comment; 0],
    kv_stats: KvStats,
}

/// Numbers that older workers add up. Baton has no store with a price for each call.
#[derive(Debug, Default, Serialize, ToSchema)]
struct KvStats {
    /// Always 0.
    reads: u32,
    /// Always 0.
    writes: u32,
}

/// A claim of one message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Claim)]
pub(crate) struct ClaimRequest {
    /// The id of the comment.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    message_id: String,
    /// The name of the worker, the same in every call about this message.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    worker_id: String,
    /// The lease in seconds: 1 to 3600; 60 by default. Without a heartbeat for this time, another worker may
    /// claim the message.
    #[schema(minimum = 1, maximum = 3600)]
    lease_seconds: Option<u64>,
}

/// A claim of the first waiting message.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Next)]
pub(crate) struct ClaimNextRequest {
    /// The name of the worker, the same in every call about the claimed message.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    worker_id: String,
    /// Only messages for these personas. By default messages for all personas.
    #[serde(default)]
    entities: Vec<String>,
    /// How long to wait for work, in seconds: at most 60. By default 0, no wait.
    #[schema(maximum = 60)]
    #[serde(default)]
    wait_seconds: u64,
    /// The lease in seconds: 1 to 3600; 60 by default. Without a heartbeat for this time, another worker may
    /// claim the message.
    #[schema(minimum = 1, maximum = 3600)]
    lease_seconds: Option<u64>,
}

/// A heartbeat of a worker.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeartBeat {
    /// The id of the comment.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    message_id: String,
    /// The worker that claimed the message.
    #[schema(min_length = 1, max_length = 128, pattern = "^[!-~]+$")]
    worker_id: String,
}

/// A claimed message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ClaimAnswer {
    /// Always `true`.
    success: bool,
    /// Always `success`.
    status: &'static str,
    /// The message to answer.
    message: Comment,
    /// All messages of this claim, with `message` among them. Several, if the persona collects messages.
    messages: Vec<Comment>,
    /// The fence of the claim. Every earlier claim of the conversation becomes invalid. `complete` with an
    /// old fence is refused.
    fence: i64,
    /// The lease in seconds. Without a heartbeat for this time, another worker may claim the message.
    lease_seconds: u64,
    /// The number of the attempt; 1 is the first.
    attempt: u32,
    /// Whether an earlier attempt was cut off after it had begun to change files or other systems.
    interrupted: bool,
    /// Number of messages that still wait in the rooms open to the caller, for agents and workers. Only in
    /// the answer to `claim-next`.
    #[serde(skip_serializing_if = "Option::is_none")]
    total_pending: Option<u64>,
}

/// The answer without a waiting message.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct NothingClaimed {
    /// Always `false`.
    success: bool,
    /// Always `null`.
    message: Option<String>,
    /// Always `no_pending_messages`.
    reason: &'static str,
    /// Always 0.
    total_pending: u32,
}

impl NothingClaimed {
    const ANSWER: axum::Json<ClaimNextAnswer> = axum::Json(ClaimNextAnswer::Nothing(Self {
        success: false,
        message: None,
        reason: "no_pending_messages",
        total_pending: 0,
    }));
}

/// The answer of `claim-next`.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum ClaimNextAnswer {
    Claimed(Box<ClaimAnswer>),
    Nothing(NothingClaimed),
}

/// The answer to a heartbeat.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct HeartBeatAnswer {
    /// Always `true`.
    success: bool,
    /// Always `success`.
    status: &'static str,
    /// The lease in seconds. Without another heartbeat for this time, another worker may claim the message.
    lease_seconds: u64,
}

/// List the messages that wait for a worker, in the order of claims. Only rooms open to the caller.
#[utoipa::path(get, path = "/api/queue/pending", tag = "queue", params(PendingQuery), responses(
    (status = 200, description = "the present queue, never from a cache", body = PendingMessages),
    (status = 400, description = "a parameter is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn list_pending(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Query(query): Query<PendingQuery>,
) -> Result<axum::Json<PendingMessages>, ApiError> {
    let personas = match query.entity.as_deref() {
        Some(entity) => vec![app.find_persona(Some(entity))?.name.clone()],
        None => Vec::new(),
    };
    let query = WaitingQuery {
        of: visible_queue(&caller),
        not_in: caller.rooms_to_read(None)?.excluded_places(),
        personas,
        agents: Some(app.settings.worker_agents.clone()),
        only_waiting: true,
        ..WaitingQuery::at_most(input_validation::parse_limit(
            query.limit.as_deref(),
            PENDING,
            MOST_PENDING,
        )?)
    };
    let waiting = app.views().waiting(query, PENDING_BYTES).await?;
    let messages: Arc<[Comment]> = Comment::of_messages(&app.comments, waiting).await?.into();
    Ok(axum::Json(PendingMessages {
        pending: Arc::clone(&messages),
        messages,
        platform_only: [],
        kv_stats: KvStats::default(),
    }))
}

/// Claim one message. If several workers try, one gets the message.
#[utoipa::path(post, path = "/api/queue/claim", tag = "queue", request_body = ClaimRequest, responses(
    (status = 200, description = "the message is claimed until the lease ends", body = ClaimAnswer),
    (status = 400, description = "a field is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
    (status = 404, description = "there is no such message", body = ErrorBody),
    (status = 409, description = "another worker has the message, the message is done, or earlier messages of \
        the conversation come first", body = ErrorBody),
))]
pub(crate) async fn claim_message(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Json(claim): Json<ClaimRequest>,
) -> Result<axum::Json<ClaimAnswer>, ApiError> {
    let worker = parse_worker(&claim.worker_id)?;
    let lease = parse_lease(claim.lease_seconds)?;
    let message = message_lookup::find_message_for_worker(&app, &caller, &claim.message_id).await?;
    let claimed = app
        .store()
        .claim(ClaimMessage {
            message: message.id,
            worker,
            lease,
            agents: app.settings.worker_agents.clone(),
        })
        .await?;
    claim_answer(&app, claimed).await.map(axum::Json)
}

/// Claim the first waiting message.
///
/// With `waitSeconds`, the call waits for a message.
#[utoipa::path(post, path = "/api/queue/claim-next", tag = "queue", request_body = ClaimNextRequest, responses(
    (status = 200, description = "the message is claimed until the lease ends; or `success` is false, and no \
        message waited in that time", body = ClaimNextAnswer),
    (status = 400, description = "a field is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn claim_next(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Json(next): Json<ClaimNextRequest>,
) -> Result<axum::Json<ClaimNextAnswer>, ApiError> {
    if next.wait_seconds > LONGEST_WAIT {
        return Err(ApiError::invalid(
            "invalid_wait",
            format!("`waitSeconds` is at most {LONGEST_WAIT}; call again after that time"),
        ));
    }
    let personas: Result<Vec<PersonaName>, ApiError> = next
        .entities
        .iter()
        .map(|entity| Ok(app.find_persona(Some(entity))?.name.clone()))
        .collect();
    let wanted = ClaimNext {
        worker: parse_worker(&next.worker_id)?,
        personas: personas?,
        lease: parse_lease(next.lease_seconds)?,
        agents: app.settings.worker_agents.clone(),
        of: visible_queue(&caller),
        not_in: caller.rooms_to_read(None)?.excluded_places(),
    };
    let clock = &app.settings.clock;
    let deadline = clock.steady().after(Duration::from_secs(next.wait_seconds));
    // Joins before the first look, so that a message in between wakes this call.
    let waiting = app.waiting_workers.join_line(wanted.clone());
    loop {
        let found = app.store().claim_next(wanted.clone()).await?;
        waiting.has_looked();
        if let Some(claimed) = found {
            let mut answer = claim_answer(&app, claimed).await?;
            answer.total_pending = Some(count_waiting(&app, wanted.not_in).await?);
            return Ok(axum::Json(ClaimNextAnswer::Claimed(Box::new(answer))));
        }
        if next.wait_seconds == 0 {
            return Ok(NothingClaimed::ANSWER);
        }
        tokio::select! {
            () = waiting.wait_for_wake() => {}
            () = clock.sleep_until(deadline) => return Ok(NothingClaimed::ANSWER),
            () = app.shutdown.cancelled() => return Ok(NothingClaimed::ANSWER),
        }
    }
}

/// Renew the lease of a claim to its full length.
#[utoipa::path(post, path = "/api/queue/heartbeat", tag = "queue", request_body = HeartBeat, responses(
    (status = 200, description = "the claim is renewed", body = HeartBeatAnswer),
    (status = 401, description = "not public", body = ErrorBody),
    (status = 404, description = "there is no such message", body = ErrorBody),
    (status = 409, description = "the lease ended, or the worker never had the claim: drop the work", body = ErrorBody),
))]
pub(crate) async fn renew_lease(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Json(beat): Json<HeartBeat>,
) -> Result<axum::Json<HeartBeatAnswer>, ApiError> {
    let worker = parse_worker(&beat.worker_id)?;
    let message = message_lookup::find_message_for_worker(&app, &caller, &beat.message_id).await?;
    let lease = app.store().renew(message.id, &worker).await?;
    Ok(axum::Json(HeartBeatAnswer {
        success: true,
        status: "success",
        lease_seconds: lease.as_secs(),
    }))
}

/// The part of the queue for this caller. Only operators see messages of other channels.
fn visible_queue(caller: &WebCaller) -> Option<(ChannelName, AccountName)> {
    (!caller.has_right(Right::SeeEverything)).then(|| (channel_name(), account_name()))
}

/// Checks the name of a worker.
pub(crate) fn parse_worker(id: &str) -> Result<WorkerId, ApiError> {
    input_validation::check_id(id)
        .map(WorkerId::from)
        .map_err(|_| {
            ApiError::invalid(
                "invalid_worker",
                "`workerId` has 1 to 128 visible ASCII characters",
            )
        })
}

fn parse_lease(seconds: Option<u64>) -> Result<Duration, ApiError> {
    match seconds {
        None => Ok(USUAL_LEASE),
        Some(seconds @ 1..=LONGEST_LEASE) => Ok(Duration::from_secs(seconds)),
        Some(seconds) => Err(ApiError::invalid(
            "invalid_lease",
            format!("`leaseSeconds` is 1 to {LONGEST_LEASE}, not {seconds}"),
        )),
    }
}

async fn claim_answer(app: &AppState, claimed: Claimed) -> Result<ClaimAnswer, ApiError> {
    let Claimed { claim, lease } = claimed;
    let messages = Comment::of_messages(&app.comments, claim.messages).await?;
    let first = messages.first().cloned();
    Ok(ClaimAnswer {
        success: true,
        status: "success",
        message: first.ok_or_else(|| ApiError::conflict("the claim holds no message"))?,
        messages,
        fence: claim.fence.0,
        lease_seconds: lease.as_secs(),
        attempt: claim.attempt,
        interrupted: claim.interrupted,
        total_pending: None,
    })
}

/// Number of waiting messages outside of these rooms.
async fn count_waiting(app: &AppState, not_in: Vec<Place>) -> Result<u64, ApiError> {
    let counts = app.views().counts_outside(not_in).await?;
    Ok(counts.messages_in(MessageState::Waiting))
}
