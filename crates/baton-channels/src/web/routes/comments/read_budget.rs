//! The reads of the store for one page of comments. One request has a limited number of reads, because the
//! caller may ask for rare comments in a long history.

use baton_core::store::{Direction, Timeline, TimelinePage};

use super::backward_lists::{SearchedPerson, search_people, skip_newest};
use crate::web::app_state::AppState;
use crate::web::http::api_error::ApiError;

/// The most reads of one request. Each read has its own limit in bytes.
const MOST: usize = 32;
/// When the client may try again after a list without a result, in seconds.
const COME_BACK: u64 = 60;

/// The remaining reads of one request.
pub(crate) struct ReadBudget<'a> {
    app: &'a AppState,
    left: usize,
}

impl<'a> ReadBudget<'a> {
    pub(crate) fn new(app: &'a AppState) -> Self {
        Self { app, left: MOST }
    }

    pub(crate) fn reads_left(&self) -> usize {
        self.left
    }

    /// Reads one page of the store. The first read of each page is always allowed.
    pub(crate) async fn read_timeline(
        &mut self,
        query: Timeline,
    ) -> Result<TimelinePage, ApiError> {
        self.left = self.left.saturating_sub(1);
        let store = self.app.store();
        self.app.search_permits.read_timeline(store, query).await
    }

    /// Finds one page of comments. The page may be empty while more comments follow.
    pub(crate) async fn read_page(
        &mut self,
        wanted: Timeline,
        people: Option<&[SearchedPerson]>,
        offset: Option<usize>,
    ) -> Result<TimelinePage, ApiError> {
        match (people, offset) {
            (Some(people), _) => search_people(self, &wanted, people).await,
            (None, Some(offset)) => skip_newest(self, wanted, offset).await,
            (None, None) => self.read_timeline(wanted).await,
        }
    }

    /// Finds a page that is empty only if no comments follow. A bare list cannot say that more follow.
    pub(crate) async fn read_list(
        &mut self,
        mut wanted: Timeline,
        people: Option<&[SearchedPerson]>,
        mut offset: Option<usize>,
    ) -> Result<TimelinePage, ApiError> {
        while self.left > 0 {
            let page = self
                .read_page(wanted.clone(), people, offset.take())
                .await?;
            if !page.posts.is_empty() || !page.more {
                return Ok(page);
            }
            wanted.direction = match wanted.direction {
                Direction::After(_) if people.is_none() => Direction::After(page.reached),
                _ => Direction::Before(page.reached),
            };
        }
        Err(ApiError::busy(
            "the search found nothing yet, and a list cannot say where to continue; \
             read with `cursor` instead of `after`",
            COME_BACK,
        ))
    }
}
