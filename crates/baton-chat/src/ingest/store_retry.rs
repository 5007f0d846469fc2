//! Tries again after an error of the store.

use baton_core::store::StoreError;

use crate::ChatLayer;
use crate::backoff::BackoffTimer;

/// Waits before another call to the store. Returns the error if the store is closed.
pub(crate) async fn wait_for_store(
    layer: &ChatLayer,
    error: StoreError,
    pause: &mut BackoffTimer,
) -> Result<(), StoreError> {
    if error == StoreError::Closed {
        return Err(error);
    }
    tracing::error!(%error, "the store failed; trying again");
    pause.wait_once(layer.clock()).await;
    Ok(())
}
