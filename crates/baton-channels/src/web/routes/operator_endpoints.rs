//! Status, traces and dead letters, for operators. The command line reads and writes the same answers, also
//! when the command line makes the answers itself.

use std::sync::Arc;

use axum::extract::State;
use baton_core::id::Seq;
use baton_core::name::ExternalId;
use baton_core::store::{DeadLetter, StoreError, StoreViews, Subject};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::message_lookup;
use super::stats::StatsAnswer;
use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::OperatorCaller;
use crate::web::http::extractors::{Path, Query};
use crate::web::model::input_validation;
use crate::web::room_place::{account_name, channel_name};

/// Number of dead letters in a list without `limit`.
const DEAD: usize = 50;
/// Maximum number of dead letters in a list.
const MOST_DEAD: usize = 200;

/// The status of this Baton.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Status)]
pub(crate) struct StatusAnswer {
    /// The version of this program.
    version: &'static str,
    /// The address and port where the web server listens.
    listening: String,
    /// The counts and personas, as in `/api/stats`.
    #[serde(flatten)]
    stats: StatsAnswer,
    /// Number of messages of all channels that wait for their files. They are not received yet.
    incomplete: u64,
}

/// The recorded events of a message or a delivery.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Trace {
    /// The number of the message or delivery.
    pub id: i64,
    /// The events, oldest first.
    pub lines: Vec<TraceEvent>,
}

/// One event of a trace.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct TraceEvent {
    /// The time of the event, in milliseconds since 1970.
    pub at: i64,
    /// A sentence about the event.
    pub what: String,
    /// Output of a program or a server about the event. May hold any private data.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

impl Trace {
    /// The trace of a message or delivery; `None` without any events. `id` is first read as the external id
    /// of a web message. An unknown external id is then read as the number of a message or delivery.
    pub async fn read(store: &dyn StoreViews, id: &str) -> Result<Option<Self>, StoreError> {
        let chosen = ExternalId::from(id);
        let message = store
            .message_by_external_id(&channel_name(), &account_name(), &chosen)
            .await?;
        let spelled = || id.strip_prefix("reply-").unwrap_or(id).parse().ok();
        let Some(id) = message.map(|message| message.id.0).or_else(spelled) else {
            return Ok(None);
        };
        let lines = store
            .trace(Seq(id))
            .await?
            .into_iter()
            .map(|line| TraceEvent {
                at: line.at.0,
                what: line.what,
                detail: line.detail,
            });
        let lines: Vec<_> = lines.collect();
        Ok((!lines.is_empty()).then_some(Self { id, lines }))
    }
}

/// The parameters for a list of dead letters.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct DeadQuery {
    /// 1 to 200; 50 by default. A list with long texts ends early.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// A list of dead letters.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Dead {
    /// The dead letters, newest first.
    pub dead: Vec<DeadLetterView>,
}

/// A dead letter: a message or a delivery that Baton gave up.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct DeadLetterView {
    /// The number of the message or delivery, for replay and drop.
    pub id: i64,
    /// The kind: `message` or `delivery`.
    pub subject: String,
    /// The channel of the place.
    pub channel: String,
    /// The address of the place in the channel. On the web, the room.
    pub domain: String,
    /// The persona that should have answered the message, or that speaks in the delivery.
    pub entity: String,
    /// The text of the message or delivery.
    pub text: String,
    /// The reason why Baton gave up.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// The time when the message or delivery was stored, in milliseconds since 1970.
    pub timestamp: i64,
    /// Number of attempts.
    pub attempts: u32,
}

impl From<DeadLetter> for DeadLetterView {
    fn from(letter: DeadLetter) -> Self {
        Self {
            id: letter.id.0,
            subject: subject_word(letter.subject).to_owned(),
            channel: letter.place.channel.to_string(),
            domain: letter.place.address,
            entity: letter.persona.to_string(),
            text: letter.text,
            reason: letter.reason,
            timestamp: letter.at.0,
            attempts: letter.attempts,
        }
    }
}

impl From<Vec<DeadLetter>> for Dead {
    fn from(letters: Vec<DeadLetter>) -> Self {
        Self {
            dead: letters.into_iter().map(DeadLetterView::from).collect(),
        }
    }
}

/// The result of a replay or drop.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
pub struct Handled {
    /// Always `success`.
    pub status: String,
    /// The number of the message or delivery.
    pub id: i64,
    /// The kind: `message` or `delivery`.
    pub subject: String,
}

impl Handled {
    /// The result for the dead letter with this number.
    pub fn new(id: i64, subject: Subject) -> Self {
        Self {
            status: "success".to_owned(),
            id,
            subject: subject_word(subject).to_owned(),
        }
    }
}

fn subject_word(subject: Subject) -> &'static str {
    match subject {
        Subject::Message => "message",
        Subject::Delivery => "delivery",
    }
}

/// Read the status of this Baton.
#[utoipa::path(get, path = "/api/status", tag = "operators", responses(
    (status = 200, description = "the present status", body = StatusAnswer),
    (status = 401, description = "not signed in", body = ErrorBody),
    (status = 403, description = "not an operator", body = ErrorBody),
))]
pub(crate) async fn read_status(
    State(app): State<Arc<AppState>>,
    OperatorCaller(caller): OperatorCaller,
) -> Result<axum::Json<StatusAnswer>, ApiError> {
    Ok(axum::Json(StatusAnswer {
        version: env!("CARGO_PKG_VERSION"),
        listening: app.access.listening.to_string(),
        stats: StatsAnswer::count_for(&app, &caller).await?,
        incomplete: app.views().counts().await?.incomplete,
    }))
}

/// Read all recorded events of a message or a delivery.
#[utoipa::path(get, path = "/api/trace/{id}", tag = "operators",
    params(("id" = String, Path, description = "a comment's id, or a number")),
    responses(
        (status = 200, description = "the events, oldest first", body = Trace),
        (status = 401, description = "not signed in", body = ErrorBody),
        (status = 403, description = "not an operator", body = ErrorBody),
        (status = 404, description = "there is no such message or delivery", body = ErrorBody),
    ))]
pub(crate) async fn read_trace(
    State(app): State<Arc<AppState>>,
    _: OperatorCaller,
    Path(id): Path<String>,
) -> Result<axum::Json<Trace>, ApiError> {
    let trace = Trace::read(app.views(), &id).await?;
    let trace = trace.ok_or_else(|| message_lookup::no_comment(&id))?;
    Ok(axum::Json(trace))
}

/// List the dead letters, newest first.
#[utoipa::path(get, path = "/api/dead", tag = "operators", params(DeadQuery), responses(
    (status = 200, description = "messages and deliveries", body = Dead),
    (status = 400, description = "the limit is invalid", body = ErrorBody),
    (status = 401, description = "not signed in", body = ErrorBody),
    (status = 403, description = "not an operator", body = ErrorBody),
))]
pub(crate) async fn list_dead_letters(
    State(app): State<Arc<AppState>>,
    _: OperatorCaller,
    Query(query): Query<DeadQuery>,
) -> Result<axum::Json<Dead>, ApiError> {
    let limit = input_validation::parse_limit(query.limit.as_deref(), DEAD, MOST_DEAD)?;
    Ok(axum::Json(app.views().dead(limit).await?.into()))
}

/// Try a dead letter again. Its number of attempts begins anew.
#[utoipa::path(post, path = "/api/dead/{id}/replay", tag = "operators",
    params(("id" = i64, Path, description = "the number of the dead letter")),
    responses(
        (status = 200, description = "the message or delivery waits again", body = Handled),
        (status = 401, description = "not signed in", body = ErrorBody),
        (status = 403, description = "not an operator", body = ErrorBody),
        (status = 404, description = "there is no such message or delivery", body = ErrorBody),
        (status = 409, description = "the message or delivery is not dead", body = ErrorBody),
    ))]
pub(crate) async fn replay_dead_letter(
    State(app): State<Arc<AppState>>,
    OperatorCaller(caller): OperatorCaller,
    Path(id): Path<i64>,
) -> Result<axum::Json<Handled>, ApiError> {
    let subject = app.inbox.replay(Seq(id), caller.id()).await?;
    Ok(axum::Json(Handled::new(id, subject)))
}

/// Drop a dead letter. It can no longer be replayed, and is no longer listed.
#[utoipa::path(post, path = "/api/dead/{id}/drop", tag = "operators",
    params(("id" = i64, Path, description = "the number of the dead letter")),
    responses(
        (status = 200, description = "the dead letter is no longer listed", body = Handled),
        (status = 401, description = "not signed in", body = ErrorBody),
        (status = 403, description = "not an operator", body = ErrorBody),
        (status = 404, description = "there is no such message or delivery", body = ErrorBody),
        (status = 409, description = "the message or delivery is not dead", body = ErrorBody),
    ))]
pub(crate) async fn drop_dead_letter(
    State(app): State<Arc<AppState>>,
    OperatorCaller(caller): OperatorCaller,
    Path(id): Path<i64>,
) -> Result<axum::Json<Handled>, ApiError> {
    let subject = app.store().drop_dead(Seq(id), caller.id()).await?;
    Ok(axum::Json(Handled::new(id, subject)))
}
