//! Replaces the content of an incomplete message.

use baton_core::store::{IncompleteId, StoreError};
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ReviseIncompleteCommand {
    pub(in crate::sqlite) id: IncompleteId,
    pub(in crate::sqlite) content: String,
}

impl WriteCommand for ReviseIncompleteCommand {
    type Answer = bool;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<bool, WriteFailure<StoreError>> {
        let changed = tx.change_rows(
            "UPDATE incomplete_message SET content = ?2 WHERE id = ?1",
            params![self.id.0, self.content],
        )?;
        Ok(changed > 0)
    }
}
