//! `GET /api/heartbeat`: whether anything changed, for clients that ask again and again.

use std::sync::Arc;

use axum::extract::State;

use super::access::Caller;
use super::app::App;
use super::error::{ApiError, ErrorBody};

/// A number that grows whenever something new stands in the stream. A client that finds the number of
/// its last look has nothing to read.
#[utoipa::path(get, path = "/api/heartbeat", tag = "comments", responses(
    (status = 200, description = "digits alone", body = String, content_type = "text/plain"),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn change_mark(
    State(app): State<Arc<App>>,
    _caller: Caller,
) -> Result<String, ApiError> {
    Ok(app.store().newest().await?.to_string())
}
