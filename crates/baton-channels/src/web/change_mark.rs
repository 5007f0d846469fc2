//! `GET /api/heartbeat`: a number that tells polling clients whether anything changed.

use std::sync::Arc;

use axum::extract::State;
use baton_core::id::Seq;
use baton_core::store::{Places, StoreError};

use super::access::{Caller, Rooms};
use super::app::App;
use super::error::{ApiError, ErrorBody};
use super::{account_name, channel_name};

/// Read a number that grows with every new entry of the stream in a room open to the caller.
///
/// A client that reads the same number as before has nothing new to read.
#[utoipa::path(get, path = "/api/heartbeat", tag = "comments", responses(
    (status = 200, description = "digits alone", body = String, content_type = "text/plain"),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn change_mark(
    State(app): State<Arc<App>>,
    caller: Caller,
) -> Result<String, ApiError> {
    let newest = newest_in(&app, &caller.rooms(None)?).await?;
    Ok(newest.to_string())
}

/// The newest sequence in these rooms. Posts in other rooms do not change the number.
pub(crate) async fn newest_in(app: &App, rooms: &Rooms) -> Result<Seq, StoreError> {
    let places = Places {
        channel: channel_name(),
        account: account_name(),
        addresses: rooms.only(),
        not_in: rooms.not_in(),
    };
    app.store().newest_in(places).await
}
