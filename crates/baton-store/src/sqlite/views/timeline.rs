//! What was said, in the store's order.

use baton_core::clock::Wall;
use baton_core::id::Seq;
use baton_core::store::{Direction, Post, PostKind, Timeline, TimelinePage};
use rusqlite::{Connection, OptionalExtension, named_params};
use serde_json::Value;

use super::posts::{DELIVERIES, MESSAGES, OF_DELIVERY, OF_MESSAGE, read_post};
use crate::sqlite::rows::{list_of, places_in};
use crate::sqlite::statements::Statements;

const NOT_IN: &str = places_in!(":not_in");

/// Some posts, oldest first.
pub(in crate::sqlite) fn read(
    connection: &Connection,
    query: &Timeline,
) -> rusqlite::Result<TimelinePage> {
    let mut span = Span::of(query.direction);
    if let Some(since) = query.since {
        match first_since(connection, since)? {
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
    let picks = query.search.is_some() || query.kinds.is_some() || query.author_name.is_some();
    let horizon = if picks {
        horizon(connection, query, &span)?
    } else {
        None
    };
    if let Some(horizon) = horizon {
        span.end_before(horizon);
    }
    let mut posts = pick(connection, query, &span)?;
    let full = posts.len() > query.limit;
    posts.truncate(query.limit);
    let reached = match posts.last() {
        // The next page begins with what is too far away for this one.
        _ if horizon.is_some() && !full => span.end(),
        Some(last) => last.seq,
        None => span.start(),
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

/// Between which numbers, both outside, and which way.
struct Span {
    after: i64,
    before: i64,
    forwards: bool,
}

impl Span {
    fn of(direction: Direction) -> Self {
        let (after, before, forwards) = match direction {
            Direction::After(seq) => (seq.0, i64::MAX, true),
            Direction::Before(seq) => (0, seq.0, false),
            Direction::Last => (0, i64::MAX, false),
        };
        Self {
            after,
            before,
            forwards,
        }
    }

    fn order(&self) -> &'static str {
        if self.forwards { "ASC" } else { "DESC" }
    }

    fn nearer(&self, one: i64, other: i64) -> i64 {
        if self.forwards {
            one.min(other)
        } else {
            one.max(other)
        }
    }

    /// What is there, or further that way, is no longer in it.
    fn end_before(&mut self, number: i64) {
        if self.forwards {
            self.before = number;
        } else {
            self.after = number;
        }
    }

    /// After or before this begins what is in it.
    fn start(&self) -> Seq {
        Seq(if self.forwards {
            self.after
        } else {
            self.before
        })
    }

    /// After or before this begins what is not in it any more.
    fn end(&self) -> Seq {
        if self.forwards {
            Seq(self.before - 1)
        } else {
            Seq(self.after + 1)
        }
    }
}

/// One place has an index in order; several, or all, are picked out of the whole order.
fn in_places(query: &Timeline, alias: &str) -> String {
    let places = match query.addresses.as_deref() {
        None => format!(
            "+{alias}.account = (SELECT id FROM account WHERE channel = :channel AND name = :account) AND :addresses IS NULL"
        ),
        Some([_]) => format!(
            "{alias}.place = (SELECT p.id FROM place p JOIN account a ON a.id = p.account WHERE a.channel = :channel AND a.name = :account AND p.address = :addresses ->> 0)"
        ),
        Some(_) => format!(
            "+{alias}.place IN (SELECT p.id FROM place p JOIN account a ON a.id = p.account WHERE a.channel = :channel AND a.name = :account AND p.address IN (SELECT value FROM json_each(:addresses)))"
        ),
    };
    format!("{places} AND {alias}.place NOT IN {NOT_IN}")
}

fn addresses(query: &Timeline) -> Option<String> {
    let addresses = query.addresses.as_ref()?.iter();
    Some(Value::from(addresses.map(String::as_str).collect::<Vec<_>>()).to_string())
}

/// The first post that is too far away to be looked at; `None` where none is.
fn horizon(
    connection: &Connection,
    query: &Timeline,
    span: &Span,
) -> rusqlite::Result<Option<i64>> {
    let mut horizon: Option<i64> = None;
    for (number, alias, table) in [("m.id", "m", "message"), ("d.posted", "d", "delivery")] {
        let sql = format!(
            "SELECT {number} FROM {table} {alias}
             WHERE {} AND {number} > :after AND {number} < :before
             ORDER BY {number} {} LIMIT 1 OFFSET :reach",
            in_places(query, alias),
            span.order(),
        );
        let found = connection
            .statement(&sql)?
            .query_row(
                named_params! {
                    ":channel": query.channel.as_str(),
                    ":account": query.account.as_str(),
                    ":addresses": addresses(query),
                    ":not_in": list_of(&query.not_in),
                    ":after": span.after,
                    ":before": span.before,
                    ":reach": i64::try_from(query.reach).unwrap_or(i64::MAX),
                },
                |row| row.get(0),
            )
            .optional()?;
        if let Some(found) = found {
            horizon = Some(horizon.map_or(found, |known| span.nearer(known, found)));
        }
    }
    Ok(horizon)
}

/// What is asked for, in that order; one more than asked for tells whether there are more.
fn pick(connection: &Connection, query: &Timeline, span: &Span) -> rusqlite::Result<Vec<Post>> {
    let order = span.order();
    let sql = format!(
        "SELECT * FROM (
             SELECT * FROM (
                 SELECT {OF_MESSAGE} FROM {MESSAGES}
                 WHERE {} AND m.id > :after AND m.id < :before
                   AND (:kinds IS NULL OR 'message' IN (SELECT value FROM json_each(:kinds)))
                   AND (:author IS NULL OR m.author_name = :author)
                   AND (:search IS NULL OR m.text LIKE :search ESCAPE '\\')
                 ORDER BY m.id {order} LIMIT :limit)
             UNION ALL
             SELECT * FROM (
                 SELECT {OF_DELIVERY} FROM {DELIVERIES}
                 WHERE {} AND d.posted > :after AND d.posted < :before
                   AND (:kinds IS NULL OR d.operation IN (SELECT value FROM json_each(:kinds)))
                   AND (:author IS NULL OR c.persona = :author)
                   AND (:search IS NULL OR d.text LIKE :search ESCAPE '\\')
                 ORDER BY d.posted {order} LIMIT :limit))
         ORDER BY seq {order} LIMIT :limit",
        in_places(query, "m"),
        in_places(query, "d"),
    );
    let kinds = query.kinds.as_ref().map(|kinds| {
        Value::from(kinds.iter().map(|kind| spell(*kind)).collect::<Vec<_>>()).to_string()
    });
    let limit = i64::try_from(query.limit.saturating_add(1)).unwrap_or(i64::MAX);
    connection
        .statement(&sql)?
        .query_map(
            named_params! {
                ":channel": query.channel.as_str(),
                ":account": query.account.as_str(),
                ":addresses": addresses(query),
                ":not_in": list_of(&query.not_in),
                ":after": span.after,
                ":before": span.before,
                ":kinds": kinds,
                ":author": query.author_name,
                ":search": query.search.as_deref().map(containing),
                ":limit": limit,
            },
            read_post,
        )?
        .collect()
}

/// The first post that was said at that time or later, whatever the clock did after it.
fn first_since(connection: &Connection, since: Wall) -> rusqlite::Result<Option<i64>> {
    connection
        .statement(
            "SELECT min(seq) FROM (
                 SELECT min(id) AS seq FROM message WHERE at >= ?1
                 UNION ALL
                 SELECT min(posted) FROM delivery WHERE posted IS NOT NULL AND posted_at >= ?1)",
        )?
        .query_row([since.0], |row| row.get(0))
}

/// A pattern for whatever holds `text`.
fn containing(text: &str) -> String {
    let mut pattern = String::from("%");
    for character in text.chars() {
        if matches!(character, '%' | '_' | '\\') {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern.push('%');
    pattern
}

/// How a kind is kept.
fn spell(kind: PostKind) -> &'static str {
    match kind {
        PostKind::Message => "message",
        PostKind::Reply => "reply",
        PostKind::Notice => "notice",
        PostKind::Question => "question",
    }
}
