//! Sets whether the deliveries of a conversation are muted.

use baton_core::id::ConversationId;
use baton_core::store::StoreError;
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct SetMutedCommand {
    pub(in crate::sqlite) conversation: ConversationId,
    pub(in crate::sqlite) is_muted: bool,
}

impl WriteCommand for SetMutedCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        tx.run(
            "UPDATE conversation SET muted = ?2 WHERE id = ?1",
            params![self.conversation.0, self.is_muted],
        )?;
        Ok(())
    }
}
