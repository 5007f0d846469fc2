//! Comments as clients read them that count from the newest back: by `offset`, and by people (`uss`).

use baton_core::store::{Direction, Post, Timeline, TimelinePage};
use serde::Serialize;
use utoipa::ToSchema;

use super::app::App;
use super::client_fields::KeptFields;
use super::error::ApiError;
use super::{searches, text};

/// The largest `offset`: what lies further back is read page by page with `before`.
pub(crate) const LARGEST_OFFSET: usize = 1_000;
/// How many people one search by `uss` may name.
const MOST_PEOPLE: usize = 10;

/// The page that ends `offset` comments before the newest.
pub(crate) async fn skip_newest(
    app: &App,
    wanted: Timeline,
    offset: usize,
) -> Result<TimelinePage, ApiError> {
    let limit = wanted.limit;
    let mut left = offset;
    let mut direction = Direction::Last;
    while left > 0 {
        let skipped = Timeline {
            direction,
            limit: left,
            ..wanted.clone()
        };
        let TimelinePage {
            posts,
            more,
            reached,
        } = searches::timeline(app, skipped).await?;
        left -= posts.len().min(left);
        direction = Direction::Before(reached);
        if !more {
            return Ok(TimelinePage {
                posts: Vec::new(),
                more,
                reached,
            });
        }
    }
    let page = Timeline {
        direction,
        limit,
        ..wanted
    };
    searches::timeline(app, page).await
}

/// Somebody whose comments are searched for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SearchedPerson {
    /// The name that people see.
    pub(crate) username: String,
    /// The colour of the name; of any colour where it is `null`.
    pub(crate) color: Option<String>,
}

/// Reads `ann:255000000+ben`: names, each with a colour or without.
pub(crate) fn searched_people(uss: &str) -> Result<Vec<SearchedPerson>, ApiError> {
    let people: Vec<_> = uss.split('+').filter(|person| !person.is_empty()).collect();
    if people.is_empty() || people.len() > MOST_PEOPLE {
        return Err(ApiError::invalid(
            "invalid_search",
            format!("`uss` names 1 to {MOST_PEOPLE} people, as name:colour, with + between them"),
        ));
    }
    people
        .into_iter()
        .map(|person| {
            let (name, color) = match person.rsplit_once(':') {
                Some((name, color)) => (name, Some(text::color(color)?)),
                None => (person, None),
            };
            let username = text::username(name)?.ok_or_else(|| {
                ApiError::invalid("invalid_search", "`uss` names somebody without a name")
            })?;
            Ok(SearchedPerson { username, color })
        })
        .collect()
}

/// The newest comments of these people, oldest first.
pub(crate) async fn search_people(
    app: &App,
    wanted: &Timeline,
    people: &[SearchedPerson],
) -> Result<TimelinePage, ApiError> {
    let mut found = TimelinePage {
        posts: Vec::new(),
        more: false,
        reached: baton_core::id::Seq::START,
    };
    for person in people {
        let theirs = Timeline {
            direction: Direction::Last,
            author_name: Some(person.username.clone()),
            ..wanted.clone()
        };
        let page = searches::timeline(app, theirs).await?;
        let has_color = |post: &Post| {
            let color = KeptFields::of(post).color;
            person.color.is_none() || person.color == color
        };
        found.posts.extend(page.posts.into_iter().filter(has_color));
        found.more |= page.more;
        found.reached = found.reached.max(page.reached);
    }
    found.posts.sort_by_key(|post| post.seq);
    found.posts.dedup_by_key(|post| post.seq);
    let surplus = found.posts.len().saturating_sub(wanted.limit);
    found.posts.drain(..surplus);
    found.more |= surplus > 0;
    Ok(found)
}
