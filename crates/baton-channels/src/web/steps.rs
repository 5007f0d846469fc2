//! How far one request reads for a page of comments: one bounded step; for a bare list several.

use baton_core::store::{Direction, Timeline, TimelinePage};

use super::app::App;
use super::error::ApiError;
use super::newest_first::{SearchedPerson, search_people, skip_newest};
use super::searches;

/// How many steps of a search a list takes, which must find something or reach the end.
const MOST_STEPS: usize = 200;
/// When to come back where that was not enough, in seconds.
const COME_BACK: u64 = 60;

/// One bounded look at the stream.
pub(crate) async fn step(
    app: &App,
    wanted: Timeline,
    people: Option<&[SearchedPerson]>,
    offset: Option<usize>,
) -> Result<TimelinePage, ApiError> {
    match (people, offset) {
        (Some(people), _) => search_people(app, &wanted, people).await,
        (None, Some(offset)) => skip_newest(app, wanted, offset).await,
        (None, None) => searches::timeline(app, wanted).await,
    }
}

/// Looks on until something is found, or nothing is left. A list that is empty has no other meaning: it
/// cannot say that more may follow.
pub(crate) async fn some_or_all(
    app: &App,
    mut wanted: Timeline,
    people: Option<&[SearchedPerson]>,
    mut offset: Option<usize>,
) -> Result<TimelinePage, ApiError> {
    for _ in 0..MOST_STEPS {
        let page = step(app, wanted.clone(), people, offset.take()).await?;
        if !page.posts.is_empty() || !page.more {
            return Ok(page);
        }
        wanted.direction = match wanted.direction {
            Direction::After(_) if people.is_none() => Direction::After(page.reached),
            _ => Direction::Before(page.reached),
        };
    }
    Err(ApiError::busy(
        "none of the many comments that were looked at is asked for, and a list cannot say where to \
         go on; read with `cursor` instead of `after`",
        COME_BACK,
    ))
}
