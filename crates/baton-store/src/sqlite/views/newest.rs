//! The last number of a post.

use baton_core::id::Seq;
use baton_core::store::Places;
use rusqlite::{Connection, OptionalExtension, params};
use serde_json::Value;

use crate::sqlite::rows::{list_of, places_in};
use crate::sqlite::statements::Statements;

const NOT_IN: &str = places_in!("?3");

/// Of all posts.
pub(in crate::sqlite) fn read(connection: &Connection) -> rusqlite::Result<Seq> {
    connection
        .statement(
            "SELECT max((SELECT coalesce(max(id), 0) FROM message),
                        (SELECT coalesce(max(posted), 0) FROM delivery WHERE posted IS NOT NULL))",
        )?
        .query_row([], |row| row.get(0).map(Seq))
}

/// Of those in these places. Each place has its own last one in an index, so that what is said in the
/// others costs nothing.
pub(in crate::sqlite) fn of(connection: &Connection, places: &Places) -> rusqlite::Result<Seq> {
    let account: Option<i64> = connection
        .statement("SELECT id FROM account WHERE channel = ?1 AND name = ?2")?
        .query_row([places.channel.as_str(), places.account.as_str()], |row| {
            row.get(0)
        })
        .optional()?;
    let Some(account) = account else {
        return Ok(Seq::START);
    };
    if places.addresses.is_none() && places.not_in.is_empty() {
        return connection
            .statement(
                "SELECT max((SELECT coalesce(max(id), 0) FROM message WHERE account = ?1),
                            (SELECT coalesce(max(posted), 0) FROM delivery
                             WHERE account = ?1 AND posted IS NOT NULL))",
            )?
            .query_row([account], |row| row.get(0).map(Seq));
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
        .statement(&format!(
            "SELECT coalesce(max(max(
                 (SELECT coalesce(max(id), 0) FROM message WHERE place = p.id),
                 (SELECT coalesce(max(posted), 0) FROM delivery
                  WHERE place = p.id AND posted IS NOT NULL))), 0)
             FROM place p WHERE p.account = ?1 AND {which} AND p.id NOT IN {NOT_IN}"
        ))?
        .query_row(
            params![account, addresses, list_of(&places.not_in)],
            |row| row.get(0).map(Seq),
        )
}
