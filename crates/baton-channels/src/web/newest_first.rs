//! Comments as clients read them that count from the newest back: by `offset`, and by people (`uss`).

use baton_core::id::Seq;
use baton_core::store::{Direction, Post, Timeline, TimelinePage};
use serde::Serialize;
use utoipa::ToSchema;

use super::client_fields::KeptFields;
use super::error::ApiError;
use super::reads::Reads;
use super::text;

/// The largest `offset`: what lies further back is read page by page with `before`.
pub(crate) const LARGEST_OFFSET: usize = 1_000;
/// The least number of comments in one read that looks for a colour: most of them can have another colour.
const WITH_COLOR: usize = 200;
/// How many people one search by `uss` may name.
const MOST_PEOPLE: usize = 10;

/// The page that ends `offset` comments before the newest. A search, long comments, and rooms that are closed to
/// the caller make pages of few comments, so that one request may need more reads than it has.
pub(crate) async fn skip_newest(
    reads: &mut Reads<'_>,
    wanted: Timeline,
    offset: usize,
) -> Result<TimelinePage, ApiError> {
    let mut left = offset;
    let mut direction = Direction::Last;
    while left > 0 {
        if reads.left() == 0 {
            return Err(ApiError::invalid(
                "invalid_offset",
                "one request cannot pass over so many comments of this kind; \
                 leave `offset` out, and read on with `before`",
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
        } = reads.timeline(skipped).await?;
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
    reads.timeline(page).await
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
                ApiError::invalid("invalid_search", "`uss` contains an empty name")
            })?;
            Ok(SearchedPerson { username, color })
        })
        .collect()
}

/// The last comments of these people before the place that `wanted` names, oldest first.
pub(crate) async fn search_people(
    reads: &mut Reads<'_>,
    wanted: &Timeline,
    people: &[SearchedPerson],
) -> Result<TimelinePage, ApiError> {
    let mut posts = Vec::new();
    // Before this, somebody has comments that were not looked at.
    let mut reached = None;
    for (number, person) in people.iter().enumerate() {
        let share = reads.left() / (people.len() - number);
        let page = comments_of(reads, share.max(1), wanted, person).await?;
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

/// The last comments of one person, found with at most `share` reads. The store does not know colours, so that a
/// page of the store may hold few of them.
async fn comments_of(
    reads: &mut Reads<'_>,
    share: usize,
    wanted: &Timeline,
    person: &SearchedPerson,
) -> Result<TimelinePage, ApiError> {
    let has_color = |post: &Post| {
        let color = KeptFields::of(post).color;
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
        let page = reads.timeline(theirs.clone()).await?;
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
