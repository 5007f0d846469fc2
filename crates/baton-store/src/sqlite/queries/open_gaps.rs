//! Reads the gaps of a channel.

use baton_core::name::{AccountName, ChannelName};
use baton_core::store::Gap;
use rusqlite::{Connection, params};

use crate::sqlite::cached_statements::CachedStatements;

pub(in crate::sqlite) fn read_gaps(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
) -> rusqlite::Result<Vec<Gap>> {
    connection
        .prepare_statement(
            "SELECT chat, after FROM gap
             WHERE account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)
             ORDER BY chat",
        )?
        .query_map(params![channel.as_str(), account.as_str()], |row| {
            Ok(Gap {
                channel: channel.clone(),
                account: account.clone(),
                chat: row.get(0)?,
                after: row.get(1)?,
            })
        })?
        .collect()
}
