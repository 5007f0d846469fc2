//! Limits searches. All requests share the store's few readers, and a search reads many rows. Searches may
//! use only a part of the readers, so other requests do not wait for searches.

use std::sync::Arc;

use baton_core::store::{Store, StoreError, Timeline, TimelinePage};
use tokio::sync::Semaphore;
use tracing::Instrument;

use super::api_error::ApiError;

/// Maximum number of running searches: half of the readers of the embedded store.
const AT_ONCE: usize = 2;
/// Maximum number of running and waiting searches.
const MOST: usize = 16;
/// Pause before a refused caller may try again, in seconds.
const COME_BACK: u64 = 2;

/// Permits for running searches and for waiting searches.
pub(crate) struct SearchPermits {
    line: Arc<Semaphore>,
    running: Arc<Semaphore>,
}

impl Default for SearchPermits {
    fn default() -> Self {
        Self {
            line: Arc::new(Semaphore::new(MOST)),
            running: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

impl SearchPermits {
    /// Reads a page of the timeline. A query for many rows waits for a search permit.
    pub(crate) async fn read_timeline(
        &self,
        store: &Arc<dyn Store>,
        query: Timeline,
    ) -> Result<TimelinePage, ApiError> {
        if !is_search(&query) {
            return Ok(store.timeline(query).await?);
        }
        let line_permit = Arc::clone(&self.line)
            .try_acquire_owned()
            .map_err(|_| ApiError::busy("too many searches run at once", COME_BACK))?;
        let run_permit = Arc::clone(&self.running).acquire_owned().await;
        let store = Arc::clone(store);
        // A task of its own keeps the permits until the read ends, also after the client went away. A read cannot
        // be aborted.
        let search = async move {
            let found = store.timeline(query).await;
            drop((run_permit, line_permit));
            found
        };
        let search = tokio::spawn(search.in_current_span());
        let found = search.await.unwrap_or_else(|error| {
            Err(StoreError::Failed {
                detail: format!("a search failed: {error}"),
            })
        });
        Ok(found?)
    }
}

/// Whether a query reads many rows. An index finds posts by time alone. Clients that poll use such queries
/// and must not wait for searches.
fn is_search(query: &Timeline) -> bool {
    query.search.is_some() || query.author_name.is_some() || query.kinds.is_some()
}
