//! Reads the messages that wait for their files.

use baton_core::name::{AccountName, ChannelName, ExternalId};
use baton_core::store::{IncompleteChat, IncompleteId, IncompleteMessage};
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::sqlite::cached_statements::CachedStatements;

pub(in crate::sqlite) fn read_incomplete_chats(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
) -> rusqlite::Result<Vec<IncompleteChat>> {
    connection
        .prepare_statement(
            "SELECT chat, count(*), sum(length(CAST(content AS BLOB))) FROM incomplete_message
             WHERE account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)
             GROUP BY chat ORDER BY chat",
        )?
        .query_map(params![channel.as_str(), account.as_str()], |row| {
            Ok(IncompleteChat {
                chat: row.get(0)?,
                messages: read_size(row, 1)?,
                bytes: read_size(row, 2)?,
            })
        })?
        .collect()
}

pub(in crate::sqlite) fn read_first_incomplete(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    chat: &str,
) -> rusqlite::Result<Option<IncompleteMessage>> {
    connection
        .prepare_statement(
            "SELECT id, id_space, external_id, content FROM incomplete_message
             WHERE account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)
               AND chat = ?3
             ORDER BY id LIMIT 1",
        )?
        .query_row(params![channel.as_str(), account.as_str(), chat], read_row)
        .optional()
}

pub(in crate::sqlite) fn read_incomplete_message(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    id: &ExternalId,
) -> rusqlite::Result<Option<IncompleteMessage>> {
    connection
        .prepare_statement(
            "SELECT id, id_space, external_id, content FROM incomplete_message
             WHERE account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)
               AND id_space = ?3 AND external_id = ?4",
        )?
        .query_row(
            params![channel.as_str(), account.as_str(), id.space(), id.as_str()],
            read_row,
        )
        .optional()
}

/// The number of incomplete messages. The chat layer bounds the table.
pub(super) fn count_incomplete(connection: &Connection) -> rusqlite::Result<u64> {
    connection
        .prepare_statement("SELECT count(*) FROM incomplete_message")?
        .query_row((), |row| row.get(0).map(i64::unsigned_abs))
}

fn read_size(row: &Row<'_>, column: usize) -> rusqlite::Result<usize> {
    let size: i64 = row.get(column)?;
    Ok(usize::try_from(size).unwrap_or_default())
}

fn read_row(row: &Row<'_>) -> rusqlite::Result<IncompleteMessage> {
    let (space, id): (String, String) = (row.get(1)?, row.get(2)?);
    Ok(IncompleteMessage {
        id: IncompleteId(row.get(0)?),
        external_id: ExternalId::within(&space, &id),
        content: row.get(3)?,
    })
}
