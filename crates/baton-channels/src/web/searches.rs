//! Searches. The store has a few readers for all; searches, which read much, have a part of them
//! between them, so that nobody who only reads along waits for those who search.

use std::sync::Arc;

use baton_core::store::{StoreError, Timeline, TimelinePage};
use tokio::sync::Semaphore;

use super::app::App;
use super::error::ApiError;

/// How many go on at once: half of what the embedded store reads at once.
const AT_ONCE: usize = 2;
/// How many there may be, those that go on and those that wait.
const MOST: usize = 16;
/// When to come back where there are too many, in seconds.
const COME_BACK: u64 = 2;

/// Who searches, and who waits to.
pub(crate) struct Searches {
    line: Arc<Semaphore>,
    going_on: Arc<Semaphore>,
}

impl Default for Searches {
    fn default() -> Self {
        Self {
            line: Arc::new(Semaphore::new(MOST)),
            going_on: Arc::new(Semaphore::new(AT_ONCE)),
        }
    }
}

/// A page of the timeline; one after others where much must be looked at for it.
pub(crate) async fn timeline(app: &App, query: Timeline) -> Result<TimelinePage, ApiError> {
    if !reads_much(&query) {
        return Ok(app.store().timeline(query).await?);
    }
    let Searches { line, going_on } = &app.searches;
    let in_line = Arc::clone(line)
        .try_acquire_owned()
        .map_err(|_| ApiError::busy("too many search at once", COME_BACK))?;
    let turn = Arc::clone(going_on).acquire_owned().await;
    let store = Arc::clone(app.store());
    // In a task of its own: a read that nobody waits for any more goes on to its end, and counts
    // until then.
    let search = tokio::spawn(async move {
        let found = store.timeline(query).await;
        drop((turn, in_line));
        found
    });
    let found = search.await.unwrap_or_else(|error| {
        Err(StoreError::Failed {
            detail: format!("a search died: {error}"),
        })
    });
    Ok(found?)
}

/// What is picked by a time alone is found by an index: clients poll by it, and never wait for those
/// who search.
fn reads_much(query: &Timeline) -> bool {
    query.search.is_some() || query.author_name.is_some() || query.kinds.is_some()
}
