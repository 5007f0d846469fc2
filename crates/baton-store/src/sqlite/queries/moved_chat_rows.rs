//! Reads the moves of an account's chats.

use baton_core::name::{AccountName, ChannelName};
use baton_core::store::ChatMove;
use rusqlite::{Connection, params};

use crate::sqlite::cached_statements::CachedStatements;

pub(in crate::sqlite) fn read_moved_chats(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
) -> rusqlite::Result<Vec<ChatMove>> {
    connection
        .prepare_statement(
            "SELECT old_id, new_id FROM moved_chat
             WHERE account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)
             ORDER BY old_id",
        )?
        .query_map(params![channel.as_str(), account.as_str()], |row| {
            Ok(ChatMove {
                channel: channel.clone(),
                account: account.clone(),
                from: row.get(0)?,
                to: row.get(1)?,
            })
        })?
        .collect()
}
