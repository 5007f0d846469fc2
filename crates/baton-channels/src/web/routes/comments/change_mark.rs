//! `GET /api/heartbeat`: a number that tells polling clients whether anything changed.

use std::sync::Arc;

use axum::extract::State;
use baton_core::id::Seq;
use baton_core::store::{Places, StoreError};

use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::{RoomSet, WebCaller};
use crate::web::room_place::{account_name, channel_name};

/// Read a number that grows with every new entry of the stream in a room open to the caller.
///
/// A client that reads the same number as before has nothing new to read.
#[utoipa::path(get, path = "/api/heartbeat", tag = "comments", responses(
    (status = 200, description = "the number, as digits", body = String, content_type = "text/plain"),
    (status = 401, description = "not public", body = ErrorBody),
))]
pub(crate) async fn read_change_mark(
    State(app): State<Arc<AppState>>,
    caller: WebCaller,
) -> Result<String, ApiError> {
    let newest = newest_sequence(&app, &caller.rooms_to_read(None)?).await?;
    Ok(newest.to_string())
}

/// The newest sequence in these rooms, where a new reader begins. Posts in other rooms do not change the
/// number.
pub(crate) async fn newest_sequence(app: &AppState, rooms: &RoomSet) -> Result<Seq, StoreError> {
    app.views().newest_in(room_places(rooms)).await
}

/// Whether a reader of these rooms can have this cursor from an earlier answer.
pub(crate) async fn is_known_cursor(
    app: &AppState,
    rooms: &RoomSet,
    cursor: Seq,
) -> Result<bool, StoreError> {
    app.views()
        .is_known_cursor(room_places(rooms), cursor)
        .await
}

fn room_places(rooms: &RoomSet) -> Places {
    Places {
        channel: channel_name(),
        account: account_name(),
        addresses: rooms.included_addresses(),
        not_in: rooms.excluded_places(),
    }
}
