//! What was said: messages, and deliveries that were sent, in the store's order.

use baton_core::clock::Wall;
use baton_core::id::{ConversationId, MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::{AccountName, ChannelName, ExternalId, PersonId};
use baton_core::place::Place;
use baton_core::store::{Direction, Post, PostKind, Timeline, TimelinePage};
use rusqlite::{Connection, OptionalExtension, Row, named_params, params};
use serde_json::Value;

use crate::sqlite::line::{activities_of, approval_of, files_of};
use crate::sqlite::rows::{broken, json, list_of, place, places_in, text};

const OF_MESSAGE: &str = "m.id AS seq, m.external_id AS public_id, 'message' AS kind, a.channel,
    a.name, p.address, m.conversation, c.persona, m.author, m.author_name, m.text, m.reply_to,
    m.at AS at, m.priority, m.state, m.reason, m.attempts, m.id AS message, m.extra, m.attachments AS files";

const MESSAGES: &str = "message m
    JOIN conversation c ON c.id = m.conversation
    JOIN place p ON p.id = c.place
    JOIN account a ON a.id = p.account";

const OF_DELIVERY: &str = "coalesce(d.posted, d.id) AS seq,
    coalesce(d.external_id, 'reply-' || d.id) AS public_id, d.operation AS kind, a.channel, a.name,
    p.address, d.conversation, c.persona, NULL AS author, c.persona AS author_name, d.text,
    (SELECT external_id FROM message WHERE id = d.message) AS reply_to,
    coalesce(d.posted_at, d.at) AS at, NULL AS priority, NULL AS state, d.reason, d.attempts,
    NULL AS message, d.extra, d.extra ->> 'files' AS files";

const DELIVERIES: &str = "delivery d
    JOIN conversation c ON c.id = d.conversation
    JOIN place p ON p.id = c.place
    JOIN account a ON a.id = p.account";

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
            .prepare_cached(&sql)?
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
        .prepare_cached(&sql)?
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
        .prepare_cached(
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

/// What was said in a place, for an agent to read.
pub(in crate::sqlite) fn history(
    connection: &Connection,
    place: &Place,
    limit: usize,
) -> rusqlite::Result<Vec<Post>> {
    let sql = format!(
        "SELECT * FROM (
             SELECT * FROM (
                 SELECT {OF_MESSAGE} FROM {MESSAGES}
                 WHERE m.place = :place AND m.state = 'answered'
                 ORDER BY m.id DESC LIMIT :limit)
             UNION ALL
             SELECT * FROM (
                 SELECT {OF_DELIVERY} FROM {DELIVERIES}
                 WHERE d.place = :place AND d.posted IS NOT NULL AND d.operation = 'reply'
                 ORDER BY d.posted DESC LIMIT :limit)
             UNION ALL
             SELECT * FROM (
                 SELECT {OF_DELIVERY} FROM {DELIVERIES}
                 WHERE d.conversation IN (SELECT id FROM conversation WHERE place = :place)
                   AND d.state IN ('waiting', 'sending', 'unknown') AND d.operation = 'reply'
                 ORDER BY d.id DESC LIMIT :limit))
         ORDER BY seq DESC LIMIT :limit"
    );
    let known: Option<i64> = connection
        .prepare_cached(
            "SELECT p.id FROM place p JOIN account a ON a.id = p.account
             WHERE a.channel = ?1 AND a.name = ?2 AND p.address = ?3",
        )?
        .query_row(
            params![
                place.channel.as_str(),
                place.account.as_str(),
                place.address
            ],
            |row| row.get(0),
        )
        .optional()?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut posts: Vec<Post> = connection
        .prepare_cached(&sql)?
        .query_map(
            named_params! { ":place": known, ":limit": limit },
            read_post,
        )?
        .collect::<rusqlite::Result<_>>()?;
    posts.reverse();
    Ok(posts)
}

/// One post, by its public id.
pub(in crate::sqlite) fn one(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    id: &str,
) -> rusqlite::Result<Option<Post>> {
    let account: Option<i64> = connection
        .prepare_cached("SELECT id FROM account WHERE channel = ?1 AND name = ?2")?
        .query_row(params![channel.as_str(), account.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    let message = connection
        .prepare_cached(&format!(
            "SELECT {OF_MESSAGE} FROM {MESSAGES} WHERE m.account = ?1 AND m.external_id = ?2"
        ))?
        .query_row(params![account, id], read_post)
        .optional()?;
    if message.is_some() {
        return Ok(message);
    }
    let number: Option<i64> = id
        .strip_prefix("reply-")
        .and_then(|number| number.parse().ok());
    connection
        .prepare_cached(&format!(
            "SELECT {OF_DELIVERY} FROM {DELIVERIES}
             WHERE d.posted IS NOT NULL AND d.account = ?1
               AND (d.external_id = ?2 OR (d.id = ?3 AND d.external_id IS NULL))"
        ))?
        .query_row(params![account, id, number], read_post)
        .optional()
}

/// A reply, sent or not: how it will be read.
pub(in crate::sqlite) fn read_reply(connection: &Connection, id: i64) -> rusqlite::Result<Post> {
    connection
        .prepare_cached(&format!(
            "SELECT {OF_DELIVERY} FROM {DELIVERIES} WHERE d.id = ?1"
        ))?
        .query_row([id], read_post)
}

/// The last number that a post has.
pub(in crate::sqlite) fn newest(connection: &Connection) -> rusqlite::Result<Seq> {
    connection
        .prepare_cached(
            "SELECT max((SELECT coalesce(max(id), 0) FROM message),
                        (SELECT coalesce(max(posted), 0) FROM delivery WHERE posted IS NOT NULL))",
        )?
        .query_row([], |row| row.get(0).map(Seq))
}

fn read_post(row: &Row<'_>) -> rusqlite::Result<Post> {
    let state: Option<String> = row.get(14)?;
    let extra = json(row, 18)?;
    Ok(Post {
        seq: Seq(row.get(0)?),
        id: row.get(1)?,
        kind: match text(row, 2)? {
            "message" => PostKind::Message,
            "reply" => PostKind::Reply,
            "question" => PostKind::Question,
            _ => PostKind::Notice,
        },
        place: place(row, 3)?,
        conversation: ConversationId(row.get(6)?),
        persona: text(row, 7)?.into(),
        author: row.get::<_, Option<String>>(8)?.map(PersonId::from),
        author_name: row.get(9)?,
        text: row.get(10)?,
        reply_to: row.get::<_, Option<String>>(11)?.map(ExternalId::from),
        at: Wall(row.get(12)?),
        priority: row.get(13)?,
        state: match &state {
            None => None,
            Some(word) => Some(
                MessageState::parse(word)
                    .ok_or_else(|| broken(14, format!("no such state: {word}")))?,
            ),
        },
        reason: row.get(15)?,
        attempts: row.get(16)?,
        message: row.get::<_, Option<i64>>(17)?.map(MessageId),
        approval: approval_of(&extra),
        activities: activities_of(&extra),
        files: files_of(&json(row, 19)?),
        extra,
    })
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
