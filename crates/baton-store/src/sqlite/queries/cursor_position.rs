//! Reads the cursor of a channel.

use crate::sqlite::cached_statements::CachedStatements;
use baton_core::name::{AccountName, ChannelName};
use rusqlite::{Connection, OptionalExtension, params};

pub(in crate::sqlite) fn read_cursor(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    reader: &str,
) -> rusqlite::Result<Option<String>> {
    connection
        .prepare_statement(
            "SELECT position FROM cursor
             WHERE reader = ?3
               AND account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)",
        )?
        .query_row(params![channel.as_str(), account.as_str(), reader], |row| {
            row.get(0)
        })
        .optional()
}
