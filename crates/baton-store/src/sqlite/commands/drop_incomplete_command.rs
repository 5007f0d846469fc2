//! Removes an incomplete message that its author deleted.

use baton_core::store::{IncompleteId, StoreError};

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct DropIncompleteCommand(pub(in crate::sqlite) IncompleteId);

impl WriteCommand for DropIncompleteCommand {
    type Answer = bool;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<bool, WriteFailure<StoreError>> {
        Ok(tx.remove_incomplete(self.0)?)
    }
}
