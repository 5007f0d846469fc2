//! `GET /api/stats`: how many there are of what, and who can answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{Caller, Member};
use super::app::App;
use super::error::{ApiError, ErrorBody};

/// How many there are of what.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Stats {
    /// Messages by state; what was received is their sum.
    messages: BTreeMap<&'static str, u64>,
    /// Deliveries by state.
    deliveries: BTreeMap<&'static str, u64>,
    /// All messages that were ever stored.
    received: u64,
    /// The same number, by the name that older pages read.
    #[serde(rename = "totalMessages")]
    total_messages: u64,
    /// Conversations: rooms, and the personas that were asked there.
    conversations: u64,
    /// Who can answer.
    personas: Vec<PersonaStats>,
}

/// Somebody who can answer.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct PersonaStats {
    /// What `entity` names.
    name: String,
    /// What answers for it.
    agent: String,
    /// CSS colour of the name.
    #[serde(skip_serializing_if = "Option::is_none")]
    color: Option<String>,
    /// Whether it answers where nobody is named.
    default: bool,
}

impl Stats {
    /// Of the rooms that are open to the caller.
    pub(crate) async fn read(app: &App, caller: &Caller) -> Result<Self, ApiError> {
        let closed = caller.rooms(None)?.not_in();
        let counts = app.store().counts_outside(closed).await?;
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

/// How many there are of what in the rooms that are open to the caller, and who can answer.
#[utoipa::path(get, path = "/api/stats", tag = "comments", responses(
    (status = 200, description = "counted now", body = Stats),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn stats(
    State(app): State<Arc<App>>,
    Member(caller): Member,
) -> Result<axum::Json<Stats>, ApiError> {
    Stats::read(&app, &caller).await.map(axum::Json)
}
