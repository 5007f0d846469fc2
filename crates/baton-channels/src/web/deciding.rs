//! `/api/approvals`: what agents wait for people to decide, and what people say to that.

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

/// How many questions are listed where no number is asked for.
const LISTED: usize = 50;
/// How many there may be at most, and how many bytes of them.
const MOST_LISTED: usize = 200;
const LISTED_BYTES: usize = 1024 * 1024;

/// Who decided, where nobody has an account: whoever reaches the page is the operator.
const OPERATOR: &str = "the operator";

/// Which questions.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct ApprovalsAsked {
    /// Only those that nobody has decided.
    #[serde(default)]
    open: bool,
    /// 1 to 200; 50 where it is left out. A list of long questions ends early.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 200)]
    limit: Option<String>,
}

/// Some questions.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Approvals {
    /// Newest first.
    approvals: Vec<Asked>,
}

/// What somebody decides.
#[derive(Debug, Deserialize, ToSchema)]
pub(crate) struct Decided {
    /// What is to happen.
    decision: Word,
    /// Why not, with `deny`; the agent is told. At most 1,000 characters.
    #[schema(max_length = 1000)]
    reason: Option<String>,
    /// With `answer`: one to each choice, in order, 1 to 4,000 characters each.
    #[serde(default)]
    answers: Vec<String>,
}

/// What is to happen.
#[derive(Clone, Copy, Debug, Deserialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Word {
    /// It may, this once.
    Allow,
    /// It may, this and the like of it until the session ends.
    AllowForSession,
    /// It may not.
    Deny,
    /// These are the answers.
    Answer,
    /// It may not, and the whole turn ends.
    Stop,
}

/// What is decided.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct DecidedAnswer {
    /// Always `success`.
    status: &'static str,
    /// As it is now. Of a turn that was told to stop, it may be open for a moment yet.
    approval: Asked,
}

/// What agents asked where the caller may read, newest first. An operator sees what is asked on all
/// platforms.
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

/// One question, with the tool's whole input.
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

/// Decide. Only the first decision counts; whoever comes later is told who decided.
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
    // Before the store is asked: to it, all guests are one person, who may have written the message.
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
        // As on the message itself: whoever may write in the room may stop what runs there.
        app.inbox.stop_asking(&asked, &caller.id).await?;
        find(&app, &caller, id).await?
    };
    Ok(axum::Json(DecidedAnswer {
        status: "success",
        approval: Asked::new(&approval).seen_by(&caller),
    }))
}

impl Decided {
    /// The decision; `None` to stop the turn.
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

/// The question of that number. What is asked where the caller may not read is not there, as far as
/// they are told.
async fn find(app: &App, caller: &Caller, id: ApprovalId) -> Result<Approval, ApiError> {
    let asked = app.store().approval(id).await?;
    asked
        .filter(|asked| caller.sees(&asked.place))
        .ok_or_else(|| ApiError::not_found(format!("there is no approval {id}")))
}
