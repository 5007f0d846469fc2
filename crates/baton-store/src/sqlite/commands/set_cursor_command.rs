//! Records the cursor of a channel.

use baton_core::store::{CursorMove, StoreError};
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct SetCursorCommand(pub(in crate::sqlite) CursorMove);

impl WriteCommand for SetCursorCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        Ok(move_cursor(tx, &self.0)?)
    }
}

/// Moves a cursor within another command, together with the messages before the cursor.
pub(super) fn move_cursor(tx: &WriteTransaction<'_>, cursor: &CursorMove) -> rusqlite::Result<()> {
    let CursorMove {
        channel,
        account,
        reader,
        position,
    } = cursor;
    tx.run(
        "INSERT INTO account (channel, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![channel.as_str(), account.as_str()],
    )?;
    tx.run(
        "INSERT INTO cursor (account, reader, position)
         SELECT id, ?3, ?4 FROM account WHERE channel = ?1 AND name = ?2
         ON CONFLICT (account, reader) DO UPDATE SET position = excluded.position",
        params![channel.as_str(), account.as_str(), reader, position],
    )
}
