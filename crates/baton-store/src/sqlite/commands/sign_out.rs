//! Removes a sign-in.

use baton_core::store::StoreError;
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) String);

impl writer::Command for Command {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<StoreError>> {
        tx.run("DELETE FROM sign_in WHERE key = ?1", params![self.0])?;
        Ok(())
    }
}
