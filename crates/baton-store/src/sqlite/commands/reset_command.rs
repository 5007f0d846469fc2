//! Forgets the session of a conversation, and moves the horizon of its history. A running turn cannot write
//! the old session back.

use baton_core::id::ConversationId;
use baton_core::store::StoreError;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ResetCommand(pub(in crate::sqlite) ConversationId);

impl WriteCommand for ResetCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        tx.forget_session(self.0)?;
        let horizon = tx.next_seq();
        tx.run(
            "UPDATE conversation SET horizon = ?2 WHERE id = ?1",
            [self.0.0, horizon.0],
        )?;
        Ok(())
    }
}
