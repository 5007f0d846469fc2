//! Finds places by their address, also after a move of their chat.

use baton_core::place::Place;
use baton_core::store::moved_address;
use rusqlite::{Connection, OptionalExtension};

use super::cached_statements::CachedStatements;

/// The address after the move of its chat; `None` if the chat has not moved.
pub(super) fn read_moved_address(
    connection: &Connection,
    account: i64,
    address: &str,
) -> rusqlite::Result<Option<String>> {
    moved_address(address, |chat| {
        connection
            .prepare_statement("SELECT new_id FROM moved_chat WHERE account = ?1 AND old_id = ?2")?
            .query_row((account, chat), |row| row.get(0))
            .optional()
    })
}

/// The number of an account.
pub(super) fn find_account(
    connection: &Connection,
    channel: &str,
    name: &str,
) -> rusqlite::Result<Option<i64>> {
    connection
        .prepare_statement("SELECT id FROM account WHERE channel = ?1 AND name = ?2")?
        .query_row((channel, name), |row| row.get(0))
        .optional()
}

/// The number of a place. The address may be from before a move.
pub(super) fn find_place(connection: &Connection, place: &Place) -> rusqlite::Result<Option<i64>> {
    let account = find_account(connection, place.channel.as_str(), place.account.as_str())?;
    let Some(account) = account else {
        return Ok(None);
    };
    let find = |address: &str| {
        connection
            .prepare_statement(
                "SELECT id FROM place WHERE account = ?1 AND address = ?2 AND aside = 0",
            )?
            .query_row((account, address), |row| row.get(0))
            .optional()
    };
    if let Some(found) = find(&place.address)? {
        return Ok(Some(found));
    }
    match read_moved_address(connection, account, &place.address)? {
        Some(moved) => find(&moved),
        None => Ok(None),
    }
}
