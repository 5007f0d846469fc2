//! Removes a sign-in.

use baton_core::store::StoreError;
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct SignOutCommand(pub(in crate::sqlite) String);

impl WriteCommand for SignOutCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        tx.run("DELETE FROM sign_in WHERE key = ?1", params![self.0])?;
        Ok(())
    }
}
