//! Records the cursor of a channel.

use baton_core::store::{CursorMove, StoreError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) CursorMove);

impl writer::Command for Command {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<StoreError>> {
        Ok(move_to(tx, &self.0)?)
    }
}

/// Moves a cursor within another command, together with the messages before the cursor.
pub(super) fn move_to(tx: &Tx<'_>, cursor: &CursorMove) -> rusqlite::Result<()> {
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
