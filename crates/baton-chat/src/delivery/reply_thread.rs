//! Creates threads for the answers to a message, and opens closed threads again. On a platform without threads,
//! both do nothing.

use crate::ChatLayer;
use crate::connector::{ChatId, ConnectorError};
use crate::reply_route::ReplyRoute;

/// Creates the thread of the answered message, unless the thread exists.
pub(crate) async fn create_thread(
    layer: &ChatLayer,
    route: &ReplyRoute,
) -> Result<(), ConnectorError> {
    match layer.connector.threads() {
        Some(threads) => threads.create(&route.chat, &route.message).await,
        None => Ok(()),
    }
}

/// Opens a closed thread again. Usually a platform opens a thread for a new message without this request.
pub(crate) async fn reopen_thread(
    layer: &ChatLayer,
    thread: &ChatId,
) -> Result<(), ConnectorError> {
    match layer.connector.threads() {
        Some(threads) => threads.reopen(thread).await,
        None => Ok(()),
    }
}
