//! `/api/approvals`: the list of approvals, and the decisions of people.

use std::sync::Arc;

use axum::extract::State;
use baton_core::approval::{Approval, Decision};
use baton_core::id::ApprovalId;
use baton_core::message::Author;
use baton_core::store::ApprovalsQuery;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::access::{Caller, Member};
use super::app::App;
use super::approval::{Asked, AskedInFull};
use super::error::{ApiError, ErrorBody};
use super::extract::{Json, Path, Query};
use super::{account_name, channel_name, reading};

/// Number of approvals in a list without `limit`.
const LISTED: usize = 50;
/// Maximum number of approvals in a list, and of their bytes.
const MOST_LISTED: usize = 200;
const LISTED_BYTES: usize = 1024 * 1024;

/// Name of the decider on a page without accounts, where every caller is the operator.
const OPERATOR: &str = "the operator";

/// The parameters for a list of approvals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalsAsked {
    /// Only approvals that nobody has decided.
    #[serde(default)]
    open: bool,
    /// 1 to 200; 50 by default. A list with long approvals ends early.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// A list of approvals.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approvals {
    /// The approvals, newest first.
    approvals: Vec<Asked>,
}

/// The decision of a person.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Decided {
    /// The kind of decision.
    decision: Word,
    /// The reason for `deny`, which the agent gets. At most 1,000 characters.
    #[schema(max_length = 1000)]
    reason: Option<String>,
    /// The answers for `answer`: one for each choice, in order, with 1 to 4,000 characters each.
    #[serde(default)]
    answers: Vec<String>,
}

/// The kind of decision.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    /// Allow the tool run once.
    Allow,
    /// Allow the tool run and similar tool runs until the session ends.
    AllowForSession,
    /// Deny the tool run.
    Deny,
    /// Give the answers to the choices.
    Answer,
    /// Deny the tool run and stop the whole turn.
    Stop,
}

/// The result of a decision.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedAnswer {
    /// Always `success`.
    status: &'static str,
    /// The approval after the decision. After `stop`, the approval may stay open for a moment.
    approval: Asked,
}

/// List the approvals of the rooms open to the caller, newest first.
///
/// Operators see the approvals of all channels.
#[utoipa::path(get, path = "/api/approvals", tag = "approvals", params(ApprovalsAsked), responses(
    (status = 200, description = "questions", body = Approvals),
    (status = 400, description = "a parameter that means nothing", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn approvals(
    State(app): State<Arc<App>>,
    Member(caller): Member,
    Query(query): Query<ApprovalsAsked>,
) -> Result<axum::Json<Approvals>, ApiError> {
    let query = ApprovalsQuery {
        of: (!caller.is_operator()).then(|| (channel_name(), account_name())),
        addresses: None,
        not_in: caller.rooms(None)?.not_in(),
        only_open: query.open,
        limit: reading::limit(query.limit.as_deref(), LISTED, MOST_LISTED)?,
        bytes: LISTED_BYTES,
    };
    let asked = app.store().approvals(query).await?;
    let approvals = asked.iter().map(|asked| Asked::new(asked).seen_by(&caller));
    Ok(axum::Json(Approvals {
        approvals: approvals.collect(),
    }))
}

/// Read one approval with the whole input of the tool.
#[utoipa::path(get, path = "/api/approvals/{id}", tag = "approvals",
    params(("id" = i64, Path, description = "its number")),
    responses(
        (status = 200, description = "the question", body = AskedInFull),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is none, or it is not open to the caller", body = ErrorBody),
    ))]
pub(crate) async fn approval(
    State(app): State<Arc<App>>,
    Member(caller): Member,
    Path(id): Path<i64>,
) -> Result<axum::Json<AskedInFull>, ApiError> {
    let asked = find(&app, &caller, ApprovalId(id)).await?;
    Ok(axum::Json(AskedInFull::seen_by(asked, &caller)))
}

/// Decide an approval.
///
/// Only the first decision counts. A later caller gets an error that names the decider.
#[utoipa::path(post, path = "/api/approvals/{id}", tag = "approvals", request_body = Decided,
    params(("id" = i64, Path, description = "its number")),
    responses(
        (status = 200, description = "decided; the agent goes on", body = DecidedAnswer),
        (status = 400, description = "no answer to what is asked", body = ErrorBody),
        (status = 401, description = "not signed in", body = ErrorBody),
        (status = 403, description = "not the caller's to decide, and never a guest's", body = ErrorBody),
        (status = 404, description = "there is none, or it is not open to the caller", body = ErrorBody),
        (status = 409, description = "it is over; the message says what came of it, and who decided", body = ErrorBody),
    ))]
pub(crate) async fn decide(
    State(app): State<Arc<App>>,
    caller: Caller,
    Path(id): Path<i64>,
    Json(decided): Json<Decided>,
) -> Result<axum::Json<DecidedAnswer>, ApiError> {
    // The check comes before the store: all guests share one person id, so every guest could count as the
    // author of the message.
    if caller.is_guest() {
        return Err(ApiError::forbidden(
            "a guest decides nothing, not even on their own message; sign in first",
        ));
    }
    let id = ApprovalId(id);
    let asked = find(&app, &caller, id).await?;
    let approval = if let Some(decision) = decided.decision() {
        let by = Author {
            id: caller.id.clone(),
            name: caller.name.clone().unwrap_or_else(|| OPERATOR.to_owned()),
        };
        let operator = caller.is_operator();
        app.inbox.decide(id, decision, by, operator).await?
    } else {
        // Anyone who may write in the room may stop a turn there, as with the message.
        app.inbox.stop_asking(&asked, &caller.id).await?;
        find(&app, &caller, id).await?
    };
    Ok(axum::Json(DecidedAnswer {
        status: "success",
        approval: Asked::new(&approval).seen_by(&caller),
    }))
}

impl Decided {
    /// The decision; `None` for `stop`.
    fn decision(self) -> Option<Decision> {
        Some(match self.decision {
            Word::Allow => Decision::Allow,
            Word::AllowForSession => Decision::AllowForSession,
            Word::Deny => Decision::Deny {
                reason: self.reason,
            },
            Word::Answer => Decision::Answer {
                answers: self.answers,
            },
            Word::Stop => return None,
        })
    }
}

/// The approval with this number. An approval in a room closed to the caller gives the same error as an
/// unknown number.
async fn find(app: &App, caller: &Caller, id: ApprovalId) -> Result<Approval, ApiError> {
    let asked = app.store().approval(id).await?;
    asked
        .filter(|asked| caller.sees(&asked.place))
        .ok_or_else(|| ApiError::not_found(format!("there is no approval {id}")))
}
