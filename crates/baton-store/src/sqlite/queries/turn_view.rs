//! The view of a turn.

use baton_core::clock::Wall;
use baton_core::id::{Fence, Generation, MessageId, TurnId};
use baton_core::name::WorkerId;
use baton_core::store::{TurnSaid, TurnView};
use baton_core::turn::TurnState;
use rusqlite::{Connection, OptionalExtension};

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{column_error, read_text};

/// The last turn of a message.
pub(in crate::sqlite) fn read_last_turn(
    connection: &Connection,
    message: MessageId,
) -> rusqlite::Result<Option<TurnView>> {
    let last: Option<(Option<i64>, u32)> = connection
        .prepare_statement("SELECT turn, claims FROM message WHERE id = ?1")?
        .query_row([message.0], |row| Ok((row.get(0)?, row.get(1)?)))
        .optional()?;
    let Some((Some(last), claims)) = last else {
        return Ok(None);
    };
    let turn = read_turn(connection, TurnId(last))?;
    Ok(turn.map(|turn| TurnView { claims, ..turn }))
}

/// The reply of a message's last turn. The reply belongs to the last message of the turn that is older than
/// the turn. This message is `message` or a later one.
pub(in crate::sqlite) fn read_turn_reply(
    connection: &Connection,
    message: MessageId,
    turn: TurnId,
) -> rusqlite::Result<TurnSaid> {
    let said = connection
        .prepare_statement(
            "SELECT iif(turn IS NULL, NULL, text) FROM delivery
             WHERE message IN (
                     SELECT id FROM message
                     WHERE place = (SELECT place FROM message WHERE id = ?1)
                       AND id >= ?1 AND id < ?2 AND turn = ?2)
               AND operation = 'reply' AND (turn = ?2 OR turn IS NULL)
             ORDER BY turn IS NULL LIMIT 1",
        )?
        .query_row([message.0, turn.0], |row| row.get::<_, Option<String>>(0))
        .optional()?;
    Ok(match said {
        None => TurnSaid::Nothing,
        Some(None) => TurnSaid::Beside,
        Some(Some(words)) => TurnSaid::Words(words),
    })
}

/// The turn with this number.
pub(in crate::sqlite) fn read_turn(
    connection: &Connection,
    id: TurnId,
) -> rusqlite::Result<Option<TurnView>> {
    let turn = connection
        .prepare_statement(
            "SELECT id, state, worker, fence, generation, attempt, started_at,
                    (SELECT max(m.unavailable) FROM message m
                     WHERE m.turn = t.id AND m.state = 'running'),
                    (SELECT max(m.claims) FROM message m
                     WHERE m.turn = t.id AND m.state = 'running')
             FROM turn t WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            let word = read_text(row, 1)?;
            Ok(TurnView {
                id: TurnId(row.get(0)?),
                state: TurnState::parse(word)
                    .ok_or_else(|| column_error(1, format!("no such state: {word}")))?,
                worker: row.get::<_, Option<String>>(2)?.map(WorkerId::from),
                fence: Fence(row.get(3)?),
                generation: Generation(row.get(4)?),
                attempt: row.get(5)?,
                unavailable: row.get::<_, Option<u32>>(7)?.unwrap_or_default(),
                claims: row.get::<_, Option<u32>>(8)?.unwrap_or_default(),
                started_at: Wall(row.get(6)?),
                messages: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut turn) = turn else {
        return Ok(None);
    };
    turn.messages = connection
        .prepare_statement(
            "SELECT id FROM message WHERE turn = ?1 AND state = 'running' ORDER BY id",
        )?
        .query_map([turn.id.0], |row| row.get(0).map(MessageId))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(turn))
}
