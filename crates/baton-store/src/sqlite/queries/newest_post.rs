//! The number of the last post.

use baton_core::id::Seq;
use baton_core::store::Places;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{places_in, places_json};

const NOT_IN: &str = places_in!("?3");

/// How many last posts of each table are searched for a post in an open place.
const LOOKED_AT: i64 = 256;

/// The last message in an open place among the last messages of an account, and the first before these.
const LAST_MESSAGES: &str = concat!(
    "SELECT
         (SELECT max(number) FROM
             (SELECT id AS number, place FROM message WHERE account = ?1 ORDER BY id DESC LIMIT ?2) one
          WHERE place NOT IN ",
    places_in!("?3"),
    "),
         (SELECT id FROM message WHERE account = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)"
);

/// The same two numbers for deliveries.
const LAST_DELIVERIES: &str = concat!(
    "SELECT
         (SELECT max(number) FROM
             (SELECT posted AS number, place FROM delivery WHERE account = ?1 AND posted IS NOT NULL
              ORDER BY posted DESC LIMIT ?2) one
          WHERE place NOT IN ",
    places_in!("?3"),
    "),
         (SELECT posted FROM delivery WHERE account = ?1 AND posted IS NOT NULL
          ORDER BY posted DESC LIMIT 1 OFFSET ?2)"
);

/// The number of the last post in all places.
pub(in crate::sqlite) fn read_newest(connection: &Connection) -> rusqlite::Result<Seq> {
    connection
        .prepare_statement(
            "SELECT max((SELECT coalesce(max(id), 0) FROM message),
                        (SELECT coalesce(max(posted), 0) FROM delivery WHERE posted IS NOT NULL))",
        )?
        .query_row([], |row| row.get(0).map(Seq))
}

/// The number of the last post in some places. Usually the post is among the last of the account. Otherwise
/// each place has its last post in an index, so the cost depends on the number of places. A long burst in a
/// closed place does not matter.
pub(in crate::sqlite) fn read_newest_in(
    connection: &Connection,
    places: &Places,
) -> rusqlite::Result<Seq> {
    let account: Option<i64> = connection
        .prepare_statement("SELECT id FROM account WHERE channel = ?1 AND name = ?2")?
        .query_row([places.channel.as_str(), places.account.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(account) = account else {
        return Ok(Seq::START);
    };
    if places.addresses.is_none() && places.not_in.is_empty() {
        return connection
            .prepare_statement(
                "SELECT max((SELECT coalesce(max(id), 0) FROM message WHERE account = ?1),
                            (SELECT coalesce(max(posted), 0) FROM delivery
                             WHERE account = ?1 AND posted IS NOT NULL))",
            )?
            .query_row([account], |row| row.get(0).map(Seq));
    }
    if places.addresses.is_none()
        && let Some(newest) = find_among_last(connection, account, places)?
    {
        return Ok(newest);
    }
    let which = match places.addresses {
        Some(_) => "p.address IN (SELECT value FROM json_each(?2))",
        None => "?2 IS NULL",
    };
    let addresses = places
        .addresses
        .as_ref()
        .map(|addresses| Value::from(addresses.as_slice()).to_string());
    connection
        .prepare_statement(&format!(
            "SELECT coalesce(max(max(
                 (SELECT coalesce(max(id), 0) FROM message WHERE place = p.id),
                 (SELECT coalesce(max(posted), 0) FROM delivery
                  WHERE place = p.id AND posted IS NOT NULL))), 0)
             FROM place p WHERE p.account = ?1 AND {which} AND p.id NOT IN {NOT_IN}"
        ))?
        .query_row(
            params![account, addresses, places_json(&places.not_in)],
            |row| row.get(0).map(Seq),
        )
}

/// The last post of an account outside of the closed places, if it is among the last posts of each table.
fn find_among_last(
    connection: &Connection,
    account: i64,
    places: &Places,
) -> rusqlite::Result<Option<Seq>> {
    let not_in = places_json(&places.not_in);
    let mut newest = Seq::START;
    // The search may have missed a post in an open place with a number up to this one.
    let mut passed_over = Seq::START;
    for sql in [LAST_MESSAGES, LAST_DELIVERIES] {
        let (open, before) = connection
            .prepare_statement(sql)?
            .query_row(params![account, LOOKED_AT, not_in], |row| {
                Ok((row.get::<_, Option<i64>>(0)?, row.get::<_, Option<i64>>(1)?))
            })?;
        match (open, before) {
            (Some(open), _) => newest = newest.max(Seq(open)),
            (None, Some(before)) => passed_over = passed_over.max(Seq(before)),
            (None, None) => {}
        }
    }
    Ok((newest >= passed_over).then_some(newest))
}
