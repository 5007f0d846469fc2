//! Lists that count from the newest comment back: by `offset`, and by people (`uss`).

use baton_core::id::Seq;
use baton_core::store::{Direction, Post, Timeline, TimelinePage};
use serde::Serialize;
use utoipa::ToSchema;

use super::read_budget::ReadBudget;
use crate::web::http::api_error::ApiError;
use crate::web::model::client_fields::StoredFields;
use crate::web::model::input_validation;

/// The largest `offset`. Older comments are read page by page with `before`.
pub(crate) const LARGEST_OFFSET: usize = 1_000;
/// Minimum number of comments in one read that looks for a colour: most of them can have another colour.
const WITH_COLOR: usize = 200;
/// Maximum number of people in one search by `uss`.
const MOST_PEOPLE: usize = 10;

/// The page that ends `offset` comments before the newest. A search, long comments and closed rooms make
/// short pages. One request may then need more reads than its limit, and gets an error.
pub(crate) async fn skip_newest(
    budget: &mut ReadBudget<'_>,
    wanted: Timeline,
    offset: usize,
) -> Result<TimelinePage, ApiError> {
    let mut left = offset;
    let mut direction = Direction::Last;
    while left > 0 {
        if budget.reads_left() == 0 {
            return Err(ApiError::invalid(
                "invalid_offset",
                "one request cannot skip so many comments of this kind; leave `offset` out, and continue with \
                 `before`",
            ));
        }
        let skipped = Timeline {
            direction,
            limit: left,
            longest: 0,
            ..wanted.clone()
        };
        let TimelinePage {
            posts,
            more,
            reached,
        } = budget.read_timeline(skipped).await?;
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
        ..wanted
    };
    budget.read_timeline(page).await
}

/// A person in a search by `uss`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct SearchedPerson {
    /// The shown name of the person.
    pub(crate) username: String,
    /// The colour of the name; `null` for any colour.
    pub(crate) color: Option<String>,
}

/// Parses `ann:255000000+ben`: names, each with or without a colour.
pub(crate) fn parse_searched_people(uss: &str) -> Result<Vec<SearchedPerson>, ApiError> {
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
                Some((name, color)) => (name, Some(input_validation::parse_color(color)?)),
                None => (person, None),
            };
            let username = input_validation::check_username(name)?.ok_or_else(|| {
                ApiError::invalid("invalid_search", "`uss` contains an empty name")
            })?;
            Ok(SearchedPerson { username, color })
        })
        .collect()
}

/// The newest comments of these people before the position of `wanted`, oldest first.
pub(crate) async fn search_people(
    budget: &mut ReadBudget<'_>,
    wanted: &Timeline,
    people: &[SearchedPerson],
) -> Result<TimelinePage, ApiError> {
    let mut posts = Vec::new();
    // A search for at least one person has not read further back than this sequence.
    let mut reached = None;
    for (number, person) in people.iter().enumerate() {
        let share = budget.reads_left() / (people.len() - number);
        let page = search_person(budget, share.max(1), wanted, person).await?;
        posts.extend(page.posts);
        if page.more {
            reached = reached.max(Some(page.reached));
        }
    }
    posts.sort_by_key(|post| post.seq);
    posts.dedup_by_key(|post| post.seq);
    posts.retain(|post| Some(post.seq) >= reached);
    let surplus = posts.len().saturating_sub(wanted.limit);
    posts.drain(..surplus);
    if surplus > 0 {
        reached = posts.first().map(|post| post.seq);
    }
    Ok(TimelinePage {
        posts,
        more: reached.is_some(),
        reached: reached.unwrap_or(Seq::START),
    })
}

/// The newest comments of one person, found with at most `share` reads. The store cannot search by colour, so
/// a page of the store may hold few matching comments.
async fn search_person(
    budget: &mut ReadBudget<'_>,
    share: usize,
    wanted: &Timeline,
    person: &SearchedPerson,
) -> Result<TimelinePage, ApiError> {
    let has_color = |post: &Post| {
        let color = StoredFields::of_post(post).color;
        person.color.is_none() || person.color == color
    };
    let mut found = TimelinePage {
        posts: Vec::new(),
        more: true,
        reached: Seq::START,
    };
    let mut theirs = Timeline {
        author_name: Some(person.username.clone()),
        ..wanted.clone()
    };
    for _ in 0..share {
        theirs.limit = wanted.limit - found.posts.len();
        if person.color.is_some() {
            theirs.limit = theirs.limit.max(WITH_COLOR);
        }
        let page = budget.read_timeline(theirs.clone()).await?;
        found.posts.extend(page.posts.into_iter().filter(has_color));
        (found.more, found.reached) = (page.more, page.reached);
        if !found.more || found.posts.len() >= wanted.limit {
            break;
        }
        theirs.direction = Direction::Before(page.reached);
    }
    found.posts.sort_by_key(|post| post.seq);
    let surplus = found.posts.len().saturating_sub(wanted.limit);
    if surplus > 0 {
        found.posts.drain(..surplus);
        found.more = true;
        found.reached = found.posts.first().map_or(Seq::START, |post| post.seq);
    }
    Ok(found)
}
