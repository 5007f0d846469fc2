//! A turn, as it can be seen.

use baton_core::clock::Wall;
use baton_core::id::{Fence, Generation, MessageId, TurnId};
use baton_core::name::WorkerId;
use baton_core::store::TurnView;
use baton_core::turn::TurnState;
use rusqlite::{Connection, OptionalExtension};

use crate::sqlite::rows::{broken, text};
use crate::sqlite::statements::Statements;

/// The last turn of a message.
pub(in crate::sqlite) fn read(
    connection: &Connection,
    message: MessageId,
) -> rusqlite::Result<Option<TurnView>> {
    let last: Option<i64> = connection
        .statement("SELECT turn FROM message WHERE id = ?1")?
        .query_row([message.0], |row| row.get(0))
        .optional()?
        .flatten();
    match last {
        Some(last) => turn(connection, TurnId(last)),
        None => Ok(None),
    }
}

/// One turn.
pub(in crate::sqlite) fn turn(
    connection: &Connection,
    id: TurnId,
) -> rusqlite::Result<Option<TurnView>> {
    let turn = connection
        .statement(
            "SELECT id, state, worker, fence, generation, attempt, started_at,
                    (SELECT max(unavailable) FROM message WHERE turn = turn.id)
             FROM turn WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            let word = text(row, 1)?;
            Ok(TurnView {
                id: TurnId(row.get(0)?),
                state: TurnState::parse(word)
                    .ok_or_else(|| broken(1, format!("no such state: {word}")))?,
                worker: row.get::<_, Option<String>>(2)?.map(WorkerId::from),
                fence: Fence(row.get(3)?),
                generation: Generation(row.get(4)?),
                attempt: row.get(5)?,
                unavailable: row.get::<_, Option<u32>>(7)?.unwrap_or_default(),
                started_at: Wall(row.get(6)?),
                messages: Vec::new(),
            })
        })
        .optional()?;
    let Some(mut turn) = turn else {
        return Ok(None);
    };
    turn.messages = connection
        .statement("SELECT id FROM message WHERE turn = ?1 AND state = 'running' ORDER BY id")?
        .query_map([turn.id.0], |row| row.get(0).map(MessageId))?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(turn))
}
