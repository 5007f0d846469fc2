//! `GET /api/stats`: counts of messages, deliveries and conversations, and the list of personas.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{SignedInCaller, WebCaller};

/// Counts for the rooms open to the caller, and all personas.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Stats)]
pub(crate) struct StatsAnswer {
    /// Number of messages in each state. The sum is `received`.
    messages: BTreeMap<&'static str, u64>,
    /// Number of deliveries in each state.
    deliveries: BTreeMap<&'static str, u64>,
    /// Number of all messages ever stored.
    received: u64,
    /// The same number as `received`, under the name that older pages read.
    #[serde(rename = "totalMessages")]
    total_messages: u64,
    /// Number of conversations. A conversation is a room together with one persona that was asked there.
    conversations: u64,
    /// All personas.
    personas: Vec<PersonaStats>,
}

/// A persona.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonaStats {
    /// The persona's name, as used in `entity`.
    name: String,
    /// The agent that answers for the persona.
    agent: String,
    /// CSS colour of the persona's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    /// Whether the persona answers messages that name no persona.
    default: bool,
}

impl StatsAnswer {
    /// Counts only the rooms open to the caller.
    pub(crate) async fn count_for(app: &AppState, caller: &WebCaller) -> Result<Self, ApiError> {
        let closed = caller.rooms_to_read(None)?.excluded_places();
        let counts = app.views().counts_outside(closed).await?;
        let personas = app.inbox.personas().all();
        Ok(Self {
            received: counts.received,
            total_messages: counts.received,
            messages: counts.messages,
            deliveries: counts.deliveries,
            conversations: counts.conversations,
            personas: personas
                .iter()
                .map(|persona| PersonaStats {
                    name: persona.name.to_string(),
                    agent: persona.agent.to_string(),
                    color: persona.color.clone(),
                    default: persona.name == app.settings.default_persona,
                })
                .collect(),
        })
    }
}

/// Read the counts of messages, deliveries and conversations, and the list of personas.
///
/// The counts cover only the rooms open to the caller.
#[utoipa::path(get, path = "/api/stats", tag = "comments", responses(
    (status = 200, description = "the present counts", body = StatsAnswer),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn read_stats(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
) -> Result<axum::Json<StatsAnswer>, ApiError> {
    StatsAnswer::count_for(&app, &caller).await.map(axum::Json)
}
