//! `/api/approvals`: the list of approvals, and the decisions of people.

use std::sync::Arc;

use axum::extract::State;
use baton_core::approval::{Approval, Decision};
use baton_core::authority::Right;
use baton_core::id::ApprovalId;
use baton_core::store::ApprovalsQuery;
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{SignedInCaller, WebCaller};
use crate::web::http::extractors::{Json, Path, Query};
use crate::web::model::approval_view::{ApprovalDetailView, ApprovalView};
use crate::web::model::input_validation;
use crate::web::room_place::{account_name, channel_name};

/// Number of approvals in a list without `limit`.
const LISTED: usize = 50;
/// Maximum number of approvals in a list, and of their bytes.
const MOST_LISTED: usize = 200;
const LISTED_BYTES: usize = 1024 * 1024;

/// The parameters for a list of approvals.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalListQuery {
    /// Only approvals that nobody has decided.
    #[serde(default)]
    open: bool,
    /// 1 to 200; 50 by default. A list with long approvals ends early.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// A list of approvals.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = Approvals)]
pub(crate) struct ApprovalList {
    /// The approvals, newest first.
    approvals: Vec<ApprovalView>,
}

/// The decision of a person.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct DecisionRequest {
    /// The kind of decision.
    decision: DecisionKind,
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
pub(crate) enum DecisionKind {
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
pub(crate) struct DecisionAnswer {
    /// Always `success`.
    status: &'static str,
    /// The approval after the decision. After `stop`, the approval may stay open for a moment.
    approval: ApprovalView,
}

/// List the approvals of the rooms open to the caller, newest first.
///
/// Operators see the approvals of all channels.
#[utoipa::path(get, path = "/api/approvals", tag = "approvals", params(ApprovalListQuery), responses(
    (status = 200, description = "the approvals", body = ApprovalList),
    (status = 400, description = "a parameter is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn list_approvals(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Query(query): Query<ApprovalListQuery>,
) -> Result<axum::Json<ApprovalList>, ApiError> {
    let query = ApprovalsQuery {
        of: (!caller.has_right(Right::SeeEverything)).then(|| (channel_name(), account_name())),
        addresses: None,
        not_in: caller.rooms_to_read(None)?.excluded_places(),
        only_open: query.open,
        limit: input_validation::parse_limit(query.limit.as_deref(), LISTED, MOST_LISTED)?,
        bytes: LISTED_BYTES,
    };
    let found = app.views().approvals(query).await?;
    let approvals = found
        .iter()
        .map(|approval| ApprovalView::new(approval).seen_by(&caller));
    Ok(axum::Json(ApprovalList {
        approvals: approvals.collect(),
    }))
}

/// Read one approval with the whole input of the tool.
#[utoipa::path(get, path = "/api/approvals/{id}", tag = "approvals",
    params(("id" = i64, Path, description = "the number of the approval")),
    responses(
        (status = 200, description = "the approval", body = ApprovalDetailView),
        (status = 401, description = "not public", body = ErrorBody),
        (status = 404, description = "there is no such entry that is open to the caller", body = ErrorBody),
    ))]
pub(crate) async fn read_approval(
    State(app): State<Arc<AppState>>,
    SignedInCaller(caller): SignedInCaller,
    Path(id): Path<i64>,
) -> Result<axum::Json<ApprovalDetailView>, ApiError> {
    let approval = find_approval(&app, &caller, ApprovalId(id)).await?;
    Ok(axum::Json(ApprovalDetailView::seen_by(approval, &caller)))
}

/// Decide an approval.
///
/// Only the first decision counts. A later caller gets an error that names the decider.
#[utoipa::path(post, path = "/api/approvals/{id}", tag = "approvals", request_body = DecisionRequest,
    params(("id" = i64, Path, description = "the number of the approval")),
    responses(
        (status = 200, description = "the approval is decided, and the agent continues", body = DecisionAnswer),
        (status = 400, description = "the decision does not fit the approval", body = ErrorBody),
        (status = 401, description = "not signed in", body = ErrorBody),
        (status = 403, description = "the caller may not decide this approval; guests decide no approvals", body = ErrorBody),
        (status = 404, description = "there is no such entry that is open to the caller", body = ErrorBody),
        (status = 409, description = "the approval is over; the error message has the outcome and the decider", body = ErrorBody),
    ))]
pub(crate) async fn decide_approval(
    State(app): State<Arc<AppState>>,
    caller: WebCaller,
    Path(id): Path<i64>,
    Json(request): Json<DecisionRequest>,
) -> Result<axum::Json<DecisionAnswer>, ApiError> {
    // The check comes before the store: all guests share one person id, so every guest could count as the
    // author of the message.
    if !caller.has_right(Right::ActUnderOwnId) {
        return Err(ApiError::forbidden(
            "guests decide no approvals, not even about their own messages; sign in first",
        ));
    }
    let id = ApprovalId(id);
    let approval = find_approval(&app, &caller, id).await?;
    let approval = if let Some(decision) = request.into_decision() {
        let by = caller.principal().clone();
        app.inbox.decide(id, decision, by).await?
    } else {
        let by = caller.principal_in(&approval.place);
        by.check_right(Right::StopAsking(&approval.deciders))?;
        app.inbox.stop_asking(&approval, by.id()).await?;
        find_approval(&app, &caller, id).await?
    };
    Ok(axum::Json(DecisionAnswer {
        status: "success",
        approval: ApprovalView::new(&approval).seen_by(&caller),
    }))
}

impl DecisionRequest {
    /// The decision; `None` for `stop`.
    fn into_decision(self) -> Option<Decision> {
        Some(match self.decision {
            DecisionKind::Allow => Decision::Allow,
            DecisionKind::AllowForSession => Decision::AllowForSession,
            DecisionKind::Deny => Decision::Deny {
                reason: self.reason,
            },
            DecisionKind::Answer => Decision::Answer {
                answers: self.answers,
            },
            DecisionKind::Stop => return None,
        })
    }
}

/// The approval with this number. An approval in a room closed to the caller gives the same error as an
/// unknown number.
async fn find_approval(
    app: &AppState,
    caller: &WebCaller,
    id: ApprovalId,
) -> Result<Approval, ApiError> {
    let approval = app.views().approval(id).await?;
    approval
        .filter(|approval| {
            caller
                .principal_in(&approval.place)
                .has_right(Right::ReadApproval(&approval.deciders))
        })
        .ok_or_else(|| ApiError::not_found(format!("there is no approval {id}")))
}
