//! `GET /api/comments`: pages of comments, and one comment.

use std::sync::Arc;

use axum::extract::State;
use baton_core::clock::Wall;
use baton_core::id::Seq;
use baton_core::store::{Direction, Timeline, TimelinePage};
use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

use super::backward_lists::{LARGEST_OFFSET, SearchedPerson, parse_searched_people};
use super::change_mark::is_known_cursor;
use super::read_budget::ReadBudget;
use crate::web::app_state::AppState;
use crate::web::http::api_error::{ApiError, ErrorBody};
use crate::web::http::authentication::WebCaller;
use crate::web::http::extractors::{Path, Query};
use crate::web::http::size_limits::LISTED_TEXT;
use crate::web::model::comment::{Comment, MessageType};
use crate::web::model::input_validation;
use crate::web::model::input_validation::{ALL_ROOMS, parse_digits, parse_limit};
use crate::web::room_place::{account_name, channel_name};
use crate::web::routes::message_lookup;

/// Number of comments in a page without `limit`, and the maximum.
const PAGE: usize = 50;
const LONGEST_PAGE: usize = 1_000;
/// Maximum size of a page in bytes; a longer page ends early. The HTML and JSON of the page take several
/// times this memory, and many clients may ask at once.
const PAGE_BYTES: usize = 512 * 1024;
/// Maximum number of messages, and of deliveries, that one step of a search reads.
const REACH: usize = 2_000;
/// Maximum size of the texts that one step of a search reads, in bytes.
const REACH_BYTES: usize = 8 * 1024 * 1024;
/// Maximum length of a search text, in characters.
const LONGEST_SEARCH: usize = 200;

/// The filter and the range of a list of comments.
#[derive(Clone, Debug, Default, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CommentsQuery {
    /// Only comments after this sequence number. Without a starting point, the newest comments.
    pub(crate) cursor: Option<String>,
    /// Only comments before this sequence, the newest of them; or `latest` for the newest comments of all.
    pub(crate) before: Option<String>,
    /// The page that ends this many comments before the newest: at most 1,000.
    pub(crate) offset: Option<String>,
    /// 1 to 1,000; 50 by default.
    #[param(value_type = Option<u32>, minimum = 1, maximum = 1_000)]
    pub(crate) limit: Option<String>,
    /// Only comments with this text. Upper and lower case of ASCII letters are alike.
    #[param(max_length = 200)]
    pub(crate) search: Option<String>,
    /// `asc` (the default): oldest first. `desc`: newest first.
    pub(crate) order: Option<String>,
    /// Always `timestamp`.
    pub(crate) sort: Option<String>,
    /// The newest comments by these people: `ann:255000000+ben`, each with or without a colour. `before` reads the
    /// earlier pages.
    pub(crate) uss: Option<String>,
    /// Only these types: `human`, `AI`, `notice`, `question`, separated by commas; or `ALL`.
    #[serde(rename = "type")]
    pub(crate) kind: Option<String>,
    /// Only comments under this name.
    pub(crate) user: Option<String>,
    /// Only this room. By default, or with `all`, all rooms open to the caller.
    #[param(min_length = 1, max_length = 64)]
    pub(crate) domain: Option<String>,
    /// Leave out all comments before the first comment at or after this time, in milliseconds since 1970.
    pub(crate) since: Option<String>,
    /// Leave out all comments before the first comment after this time, in milliseconds since 1970. The
    /// response is then a bare list.
    pub(crate) after: Option<String>,
}

/// A page of comments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct CommentsPage {
    /// The comments, oldest first, or newest first with `order=desc`.
    pub(crate) comments: Vec<Comment>,
    /// Whether more comments may follow in this direction. A page with long comments ends early. A
    /// search scans some thousand comments at a time, and may have found none of its matches yet.
    pub(crate) has_more: bool,
    /// The `cursor` parameter for the comments after this page.
    pub(crate) cursor: i64,
    /// The `before` parameter for earlier comments. Left out on a page that reads forward, as with `cursor`,
    /// and if no comments are earlier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) before: Option<i64>,
    /// `true` for a search by `uss`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) server_side_search: Option<bool>,
    /// The people of a search by `uss`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) searched_users: Option<Vec<SearchedPerson>>,
}

/// The response for a list of comments.
#[derive(Debug, Serialize, ToSchema)]
#[serde(untagged)]
pub(crate) enum CommentsAnswer {
    Page(CommentsPage),
    /// The response for `after`.
    List(Vec<Comment>),
}

/// Read comments, one page at a time.
#[utoipa::path(get, path = "/api/comments", tag = "comments", params(CommentsQuery), responses(
    (status = 200, description = "a page of comments; with `after`, a bare list", body = CommentsAnswer),
    (status = 400, description = "a parameter or the cursor is invalid", body = ErrorBody),
    (status = 401, description = "not public", body = ErrorBody),
    (status = 404, description = "no room open to the caller", body = ErrorBody),
    (status = 503, description = "too many searches run at once, or a list for `after` would have to look too \
        far", body = ErrorBody),
))]
pub(crate) async fn list_comments(
    State(app): State<Arc<AppState>>,
    caller: WebCaller,
    Query(query): Query<CommentsQuery>,
) -> Result<axum::Json<CommentsAnswer>, ApiError> {
    if query
        .sort
        .as_deref()
        .is_some_and(|sort| sort != "timestamp")
    {
        return Err(ApiError::invalid(
            "invalid_sort",
            "`sort` is timestamp, or left out",
        ));
    }
    let newest_first = match query.order.as_deref() {
        None | Some("asc") => false,
        Some("desc") => true,
        Some(_) => return Err(ApiError::invalid("invalid_order", "`order` is asc or desc")),
    };
    let is_list = query.after.is_some();
    let mut page = read_page(&app, &caller, query).await?;
    if newest_first {
        page.comments.reverse();
    }
    Ok(axum::Json(if is_list {
        CommentsAnswer::List(page.comments)
    } else {
        CommentsAnswer::Page(page)
    }))
}

/// A page of comments as the caller may see the page.
pub(crate) async fn read_page(
    app: &AppState,
    caller: &WebCaller,
    query: CommentsQuery,
) -> Result<CommentsPage, ApiError> {
    let room = query.domain.as_deref().filter(|room| *room != ALL_ROOMS);
    let rooms = caller.rooms_to_read(room.map(input_validation::check_room).transpose()?)?;
    let since = query
        .since
        .as_deref()
        .map(|since| parse_time("since", since));
    let after = query
        .after
        .as_deref()
        .map(|after| parse_time("after", after));
    let after = after
        .transpose()?
        .map(|Wall(after)| Wall(after.saturating_add(1)));
    let since = since.transpose()?.max(after);
    let people = query
        .uss
        .as_deref()
        .map(parse_searched_people)
        .transpose()?;
    let offset = query.offset.as_deref().map(parse_offset).transpose()?;
    let places = [
        query.cursor.is_some(),
        query.before.is_some(),
        offset.is_some(),
    ];
    if places.into_iter().filter(|&given| given).count() > 1 {
        return Err(ApiError::invalid(
            "invalid_cursor",
            "`cursor`, `before` and `offset` ask for different pages; send one of them",
        ));
    }
    if people.is_some() && (query.cursor.is_some() || offset.is_some()) {
        return Err(ApiError::invalid(
            "invalid_cursor",
            "`uss` reads the newest comments; combine `uss` only with `before`",
        ));
    }
    let direction = match (query.cursor.as_deref(), query.before.as_deref()) {
        (Some(cursor), _) => Direction::After(parse_known_cursor(app, caller, cursor).await?),
        (None, Some("latest")) => Direction::Last,
        (None, Some(before)) => Direction::Before(parse_sequence("before", before)?),
        // A client that asks for all comments since a time reads forward from this time.
        (None, None) if since.is_some() && offset.is_none() && people.is_none() => {
            Direction::After(Seq::START)
        }
        (None, None) => Direction::Last,
    };
    let is_list = query.after.is_some();
    let wanted = Timeline {
        channel: channel_name(),
        account: account_name(),
        addresses: rooms.included_addresses(),
        not_in: rooms.excluded_places(),
        direction,
        since,
        search: query.search.map(parse_search).transpose()?.flatten(),
        kinds: query
            .kind
            .as_deref()
            .map(parse_kinds)
            .transpose()?
            .flatten(),
        author_name: query.user,
        limit: parse_limit(query.limit.as_deref(), PAGE, LONGEST_PAGE)?,
        bytes: PAGE_BYTES,
        longest: LISTED_TEXT,
        reach: REACH,
        reach_bytes: REACH_BYTES,
    };
    let mut budget = ReadBudget::new(app);
    let TimelinePage {
        posts,
        more,
        reached,
    } = if is_list {
        budget.read_list(wanted, people.as_deref(), offset).await?
    } else {
        budget.read_page(wanted, people.as_deref(), offset).await?
    };
    let (cursor, before) = match direction {
        Direction::After(_) => (reached, None),
        Direction::Before(_) | Direction::Last => {
            let last = posts.last().map_or(Seq::START, |post| post.seq);
            (last, more.then_some(reached.0))
        }
    };
    let comments = Comment::of_posts(&app.comments, posts).await?.into_iter();
    Ok(CommentsPage {
        comments: comments.map(|comment| comment.seen_by(caller)).collect(),
        has_more: more,
        cursor: cursor.0,
        before,
        server_side_search: people.is_some().then_some(true),
        searched_users: people,
    })
}

/// Read one comment, with the details of the agent's steps.
#[utoipa::path(get, path = "/api/comments/{id}", tag = "comments",
    params(("id" = String, Path, description = "the comment's id")),
    responses(
        (status = 200, description = "the comment", body = Comment),
        (status = 404, description = "there is no such entry that is open to the caller", body = ErrorBody),
    ))]
pub(crate) async fn read_comment(
    State(app): State<Arc<AppState>>,
    caller: WebCaller,
    Path(id): Path<String>,
) -> Result<axum::Json<Comment>, ApiError> {
    let post = app
        .views()
        .post(&channel_name(), &account_name(), &id)
        .await?
        .filter(|post| caller.may_enter(&post.place.address))
        .ok_or_else(|| message_lookup::no_comment(&id))?;
    let comment = Comment::of_post(&app.comments, post).await?;
    Ok(axum::Json(comment.seen_by(&caller)))
}

/// Checks a cursor: a sequence that the caller can have seen, or 0. Other numbers are refused, because the
/// answer would reveal posts in closed rooms.
pub(crate) async fn parse_known_cursor(
    app: &AppState,
    caller: &WebCaller,
    cursor: &str,
) -> Result<Seq, ApiError> {
    let cursor = parse_sequence("cursor", cursor)?;
    if cursor > Seq::START && !is_known_cursor(app, &caller.rooms_to_read(None)?, cursor).await? {
        return Err(ApiError::invalid(
            "invalid_cursor",
            format!("no entry here has the sequence {cursor} yet; read from the start again"),
        ));
    }
    Ok(cursor)
}

fn parse_sequence(name: &str, value: &str) -> Result<Seq, ApiError> {
    parse_digits(value).map(Seq).ok_or_else(|| {
        ApiError::invalid(
            "invalid_cursor",
            format!("`{name}` is the `cursor` or `seq` of an earlier answer, not {value:?}"),
        )
    })
}

fn parse_time(name: &str, value: &str) -> Result<Wall, ApiError> {
    parse_digits(value).map(Wall).ok_or_else(|| {
        ApiError::invalid(
            "invalid_time",
            format!("`{name}` is a time in milliseconds since 1970, not {value:?}"),
        )
    })
}

fn parse_offset(asked: &str) -> Result<usize, ApiError> {
    parse_digits(asked)
        .and_then(|offset| usize::try_from(offset).ok())
        .filter(|offset| *offset <= LARGEST_OFFSET)
        .ok_or_else(|| {
            ApiError::invalid(
                "invalid_offset",
                format!(
                    "`offset` is 0 to {LARGEST_OFFSET}, not {asked:?}; \
                     read earlier comments with `before`"
                ),
            )
        })
}

fn parse_search(word: String) -> Result<Option<String>, ApiError> {
    if word.chars().count() > LONGEST_SEARCH {
        return Err(ApiError::invalid(
            "invalid_search",
            format!("a search has at most {LONGEST_SEARCH} characters"),
        ));
    }
    Ok(Some(word).filter(|word| !word.is_empty()))
}

/// The requested types; `None` for all.
fn parse_kinds(words: &str) -> Result<Option<Vec<baton_core::store::PostKind>>, ApiError> {
    if words.eq_ignore_ascii_case("all") {
        return Ok(None);
    }
    words
        .split(',')
        .map(|word| {
            MessageType::parse(word)
                .map(MessageType::post_kind)
                .ok_or_else(|| {
                    ApiError::invalid(
                        "invalid_type",
                        format!("`type` is human, AI, notice or question, not {word:?}"),
                    )
                })
        })
        .collect::<Result<_, _>>()
        .map(Some)
}
