//! The earlier posts of a place, for an agent.

use baton_core::name::PersonaName;
use baton_core::place::Place;
use baton_core::store::Post;
use rusqlite::{Connection, OptionalExtension, named_params, params};

use super::post_rows::{DELIVERIES, MESSAGES, OF_DELIVERY, OF_MESSAGE, post_size, read_whole_post};
use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::moved_places::find_place;

/// The most bytes of a history. No agent reads more.
const BYTES: usize = 8 * 1024 * 1024;

/// The numbers of the last posts, newest first. The texts are not read yet, because not all may fit.
const POSTS: &str = "SELECT * FROM (
     SELECT * FROM (
         SELECT m.id AS seq, m.id, TRUE AS is_message FROM message m
         WHERE m.place = :place AND m.id > :horizon AND m.state = 'answered'
         ORDER BY m.id DESC LIMIT :limit)
     UNION ALL
     SELECT * FROM (
         SELECT d.posted, d.id, FALSE FROM delivery d
         WHERE d.place = :place AND d.posted > :horizon AND d.operation = 'reply'
           AND coalesce(d.message, d.id) > :horizon
         ORDER BY d.posted DESC LIMIT :limit)
     UNION ALL
     SELECT * FROM (
         SELECT coalesce(d.posted, d.id), d.id, FALSE FROM delivery d
         WHERE d.conversation IN (SELECT id FROM conversation WHERE place = :place)
           AND d.state IN ('waiting', 'sending', 'unknown') AND d.operation = 'reply'
           AND coalesce(d.message, d.id) > :horizon
         ORDER BY d.id DESC LIMIT :limit))
 ORDER BY seq DESC LIMIT :limit";

/// The last posts of a place, oldest first: answered messages, and all replies, sent or waiting. Only posts
/// after the horizon of the persona's conversation are included, and only the last posts that fit.
pub(in crate::sqlite) fn read_history(
    connection: &Connection,
    place: &Place,
    persona: &PersonaName,
    limit: usize,
) -> rusqlite::Result<Vec<Post>> {
    let known = find_place(connection, place)?;
    let horizon: Option<i64> = connection
        .prepare_statement("SELECT horizon FROM conversation WHERE place = ?1 AND persona = ?2")?
        .query_row(params![known, persona.as_str()], |row| row.get(0))
        .optional()?;
    let horizon = horizon.unwrap_or_default();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let numbers: Vec<(i64, bool)> = connection
        .prepare_statement(POSTS)?
        .query_map(
            named_params! { ":place": known, ":horizon": horizon, ":limit": limit },
            |row| Ok((row.get(1)?, row.get(2)?)),
        )?
        .collect::<rusqlite::Result<_>>()?;
    let mut posts: Vec<Post> = Vec::with_capacity(numbers.len());
    let mut left = BYTES;
    for (number, is_message) in numbers {
        let sql = if is_message {
            format!("SELECT {OF_MESSAGE} FROM {MESSAGES} WHERE m.id = ?1")
        } else {
            format!("SELECT {OF_DELIVERY} FROM {DELIVERIES} WHERE d.id = ?1")
        };
        let post = connection
            .prepare_statement(&sql)?
            .query_row([number], read_whole_post)?;
        match left.checked_sub(post_size(&post)) {
            Some(rest) => left = rest,
            None if posts.is_empty() => left = 0,
            None => break,
        }
        posts.push(post);
    }
    posts.reverse();
    Ok(posts)
}
