//! The stored cursors of an account.

use baton_core::inbox::Inbox;
use baton_core::store::{CursorMove, StoreError};

use crate::connector::Connector;

/// Reads a stored cursor of the connector's account.
pub(crate) async fn read_cursor(
    connector: &dyn Connector,
    inbox: &Inbox,
    reader: &str,
) -> Result<Option<String>, StoreError> {
    let (channel, account) = (connector.channel(), connector.account());
    inbox.store().cursor(&channel, &account, reader).await
}

/// The move of a cursor of the connector's account to a position.
pub(crate) fn cursor_move(
    connector: &dyn Connector,
    reader: String,
    position: String,
) -> CursorMove {
    CursorMove {
        channel: connector.channel(),
        account: connector.account(),
        reader,
        position,
    }
}
