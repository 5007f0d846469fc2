//! The stored cursors of an account.

use baton_core::inbox::Inbox;
use baton_core::store::StoreError;

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
