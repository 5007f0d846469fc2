//! Pages of posts, in the store's order.

use baton_core::clock::Wall;
use baton_core::id::Seq;
use baton_core::store::{Post, PostKind, Timeline, TimelinePage};
use rusqlite::{Connection, OptionalExtension, named_params};
use serde_json::Value;

use super::post_rows::{
    DELIVERIES, MESSAGES, OF_DELIVERY, OF_MESSAGE, PostExtent, post_size, read_post,
};
use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{places_in, places_json, read_text};

mod page_span;

use page_span::PageSpan;

const NOT_IN: &str = places_in!(":not_in");

/// Reads a page of posts, oldest first.
pub(in crate::sqlite) fn read_timeline(
    connection: &Connection,
    query: &Timeline,
) -> rusqlite::Result<TimelinePage> {
    let mut span = PageSpan::from_direction(query.direction);
    if let Some(since) = query.since {
        match find_first_since(connection, since)? {
            Some(first) => span.after = span.after.max(first - 1),
            None => {
                return Ok(TimelinePage {
                    posts: Vec::new(),
                    more: false,
                    reached: Seq(span.after),
                });
            }
        }
    }
    let scopes = find_scopes(connection, query)?;
    let picks = query.search.is_some() || query.kinds.is_some() || query.author_name.is_some();
    let horizon = if picks {
        find_horizon(connection, query, &scopes, &span)?
    } else {
        None
    };
    if let Some(horizon) = horizon {
        span.end_before(horizon);
    }
    let (mut picked, unseen) = pick_posts(connection, query, &scopes, &span)?;
    if let Some(unseen) = unseen {
        span.end_before(unseen);
        picked.retain(|(number, _)| span.contains_number(*number));
    }
    let horizon = unseen.or(horizon);
    let mut posts = read_picked_posts(connection, query, &picked)?;
    let full = posts.len() < picked.len();
    let reached = match posts.last() {
        // The next page begins behind the range of this search.
        _ if horizon.is_some() && !full => span.last_number(),
        Some(last) => last.seq,
        None => span.start_limit(),
    };
    if !span.forwards {
        posts.reverse();
    }
    Ok(TimelinePage {
        posts,
        more: full || horizon.is_some(),
        reached,
    })
}

/// The scope of a search for posts. Both scopes have an index in the store's order.
#[derive(Clone, Copy)]
enum SearchScope {
    /// An account.
    Account(i64),
    /// A place.
    Place(i64),
}

/// The most places that are searched one by one, when some places of an account are closed.
const MOST_PLACES: usize = 64;

impl SearchScope {
    /// The condition on the table, and its bound number.
    fn table_condition(self) -> (&'static str, i64) {
        match self {
            Self::Account(account) => ("account", account),
            Self::Place(place) => ("place", place),
        }
    }
}

/// The scopes of a query. Several places are searched one by one, so that posts in other places cost
/// nothing.
fn find_scopes(connection: &Connection, query: &Timeline) -> rusqlite::Result<Vec<SearchScope>> {
    let account: Option<i64> = connection
        .prepare_statement("SELECT id FROM account WHERE channel = ?1 AND name = ?2")?
        .query_row([query.channel.as_str(), query.account.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(account) = account else {
        return Ok(Vec::new());
    };
    if query.addresses.is_none() && query.not_in.is_empty() {
        return Ok(vec![SearchScope::Account(account)]);
    }
    let addresses = query.addresses.as_ref().map(|addresses| {
        Value::from(addresses.iter().map(String::as_str).collect::<Vec<_>>()).to_string()
    });
    let most = if addresses.is_some() {
        usize::MAX
    } else {
        MOST_PLACES
    };
    let sql = match addresses {
        Some(_) => {
            "SELECT id FROM place WHERE account = :account
               AND address IN (SELECT value FROM json_each(:addresses))"
        }
        None => "SELECT id FROM place WHERE account = :account AND :addresses IS NULL",
    };
    let places: Vec<i64> = connection
        .prepare_statement(&format!("{sql} AND id NOT IN {NOT_IN} LIMIT :most"))?
        .query_map(
            named_params! {
                ":account": account,
                ":addresses": addresses,
                ":not_in": places_json(&query.not_in),
                ":most": i64::try_from(most.saturating_add(1)).unwrap_or(i64::MAX),
            },
            |row| row.get(0),
        )?
        .collect::<rusqlite::Result<_>>()?;
    if places.len() > most {
        return Ok(vec![SearchScope::Account(account)]);
    }
    Ok(places.into_iter().map(SearchScope::Place).collect())
}

/// The first post beyond the reach of the search; `None` if all posts are within reach.
fn find_horizon(
    connection: &Connection,
    query: &Timeline,
    scopes: &[SearchScope],
    span: &PageSpan,
) -> rusqlite::Result<Option<i64>> {
    let mut horizon: Option<i64> = None;
    let reach = query.reach / scopes.len().max(1);
    for scope in scopes {
        for (number, table) in [("id", "message"), ("posted", "delivery")] {
            let (column, scope) = scope.table_condition();
            let sql = format!(
                "SELECT {number} FROM {table}
                 WHERE {column} = :scope AND place NOT IN {NOT_IN}
                   AND {number} > :after AND {number} < :before
                 ORDER BY {number} {} LIMIT 1 OFFSET :reach",
                span.sql_order(),
            );
            let found = connection
                .prepare_statement(&sql)?
                .query_row(
                    named_params! {
                        ":scope": scope,
                        ":not_in": places_json(&query.not_in),
                        ":after": span.after,
                        ":before": span.before,
                        ":reach": i64::try_from(reach).unwrap_or(i64::MAX),
                    },
                    |row| row.get(0),
                )
                .optional()?;
            if let Some(found) = found {
                horizon = Some(horizon.map_or(found, |known| span.nearer_number(known, found)));
            }
        }
    }
    Ok(horizon)
}

/// A selected post: its number in the store's order, and its source.
type PickedPost = (i64, PostSource);

/// The row of a post.
#[derive(Clone, Copy)]
enum PostSource {
    Message(i64),
    Delivery(i64),
}

/// Selects posts in the requested order, without their texts. Selects one more than requested, to find out
/// whether more follow. If the limit of bytes ends a search, also returns the first number without a search.
fn pick_posts(
    connection: &Connection,
    query: &Timeline,
    scopes: &[SearchScope],
    span: &PageSpan,
) -> rusqlite::Result<(Vec<PickedPost>, Option<i64>)> {
    let kinds = query.kinds.as_ref().map(|kinds| {
        let names: Vec<_> = kinds.iter().map(|kind| post_kind_name(*kind)).collect();
        Value::from(names).to_string()
    });
    let enough = query.limit.saturating_add(1);
    let mut search = query.search.as_deref().map(TextSearch::new);
    let (text, limit) = match search {
        // Only the search below knows how many rows match.
        Some(_) => ("text", usize::MAX),
        None => ("NULL", enough),
    };
    let share = query.reach_bytes / (2 * scopes.len()).max(1);
    let mut picked: Vec<PickedPost> = Vec::new();
    let mut unseen: Option<i64> = None;
    for scope in scopes {
        let (column, scope) = scope.table_condition();
        let messages = message_query(column, text, span.sql_order());
        let deliveries = delivery_query(column, text, span.sql_order());
        for (sql, source) in [
            (messages, PostSource::Message as fn(i64) -> PostSource),
            (deliveries, PostSource::Delivery),
        ] {
            let mut statement = connection.prepare_statement(&sql)?;
            let mut rows = statement.query(named_params! {
                ":scope": scope,
                ":not_in": places_json(&query.not_in),
                ":after": span.after,
                ":before": span.before,
                ":kinds": kinds,
                ":author": query.author_name,
                ":limit": i64::try_from(limit).unwrap_or(i64::MAX),
            })?;
            let (mut found, mut left) = (0, Some(share));
            while found < enough
                && let Some(row) = rows.next()?
            {
                let number = row.get(0)?;
                if let Some(search) = &mut search {
                    let Some(bytes) = left else {
                        unseen =
                            Some(unseen.map_or(number, |known| span.nearer_number(known, number)));
                        break;
                    };
                    let text = read_text(row, 2)?;
                    // At least one text is searched, whatever its length.
                    left = bytes.checked_sub(text.len());
                    if !search.matches_text(text) {
                        continue;
                    }
                }
                found += 1;
                picked.push((number, source(row.get(1)?)));
            }
        }
    }
    picked.sort_unstable_by_key(|(seq, _)| if span.forwards { *seq } else { -*seq });
    picked.truncate(enough);
    Ok((picked, unseen))
}

/// The query for the messages of a scope: the number, the id and the text of each. `column` is the column of the
/// scope; `text` is the text's column, or NULL.
fn message_query(column: &str, text: &str, order: &str) -> String {
    format!(
        "SELECT id, id, {text} FROM message m
         WHERE {column} = :scope AND place NOT IN {NOT_IN}
           AND id > :after AND id < :before
           AND (:kinds IS NULL OR 'message' IN (SELECT value FROM json_each(:kinds)))
           AND (:author IS NULL OR author_name = :author)
         ORDER BY id {order} LIMIT :limit"
    )
}

/// The same query for the deliveries.
fn delivery_query(column: &str, text: &str, order: &str) -> String {
    format!(
        "SELECT posted, id, {text} FROM delivery d
         WHERE {column} = :scope AND place NOT IN {NOT_IN}
           AND posted > :after AND posted < :before
           AND (:kinds IS NULL OR operation IN (SELECT value FROM json_each(:kinds)))
           AND (:author IS NULL OR :author =
                (SELECT persona FROM conversation WHERE id = d.conversation))
         ORDER BY posted {order} LIMIT :limit"
    )
}

/// Searches for a text in other texts. The time grows only with the length of the searched texts. The time of
/// `LIKE` also grows with the length of the pattern.
struct TextSearch {
    wanted: String,
    lowered: String,
}

impl TextSearch {
    fn new(wanted: &str) -> Self {
        Self {
            wanted: wanted.to_ascii_lowercase(),
            lowered: String::new(),
        }
    }

    fn matches_text(&mut self, text: &str) -> bool {
        self.lowered.clear();
        self.lowered.push_str(text);
        self.lowered.make_ascii_lowercase();
        self.lowered.contains(&self.wanted)
    }
}

/// Reads the selected posts that fit into the page, and at least one.
fn read_picked_posts(
    connection: &Connection,
    query: &Timeline,
    picked: &[PickedPost],
) -> rusqlite::Result<Vec<Post>> {
    let mut posts = Vec::new();
    let mut left = query.bytes;
    for (_, source) in picked.iter().take(query.limit) {
        let (sql, id) = match source {
            PostSource::Message(id) => (
                format!("SELECT {OF_MESSAGE} FROM {MESSAGES} WHERE m.id = ?1"),
                *id,
            ),
            PostSource::Delivery(id) => (
                format!("SELECT {OF_DELIVERY} FROM {DELIVERIES} WHERE d.id = ?1"),
                *id,
            ),
        };
        let post = connection
            .prepare_statement(&sql)?
            .query_row([id], |row| read_post(row, PostExtent::Bytes(query.longest)))?;
        match left.checked_sub(post_size(&post)) {
            Some(rest) => left = rest,
            None if posts.is_empty() => left = 0,
            None => break,
        }
        posts.push(post);
    }
    Ok(posts)
}

/// The first post from this time or a later time, even if the clock went back afterwards. If the very first
/// post is late enough, no other post is read.
fn find_first_since(connection: &Connection, since: Wall) -> rusqlite::Result<Option<i64>> {
    let first = connection
        .prepare_statement(
            "SELECT seq, at FROM (
                 SELECT id AS seq, at FROM message WHERE id = (SELECT min(id) FROM message)
                 UNION ALL
                 SELECT posted, posted_at FROM delivery
                 WHERE posted = (SELECT min(posted) FROM delivery WHERE posted IS NOT NULL))
             ORDER BY seq LIMIT 1",
        )?
        .query_row([], |row| Ok((row.get(0)?, Wall(row.get(1)?))))
        .optional()?;
    if let Some((first, at)) = first
        && at >= since
    {
        return Ok(Some(first));
    }
    connection
        .prepare_statement(
            "SELECT min(seq) FROM (
                 SELECT min(id) AS seq FROM message WHERE at >= ?1
                 UNION ALL
                 SELECT min(posted) FROM delivery WHERE posted IS NOT NULL AND posted_at >= ?1)",
        )?
        .query_row([since.0], |row| row.get(0))
}

/// The stored word for a kind.
fn post_kind_name(kind: PostKind) -> &'static str {
    match kind {
        PostKind::Message => "message",
        PostKind::Reply => "reply",
        PostKind::Notice => "notice",
        PostKind::Question => "question",
    }
}
