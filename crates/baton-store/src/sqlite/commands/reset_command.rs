//! Forgets the session of a conversation, and moves the horizon of its history. A running turn cannot write
//! the old session back.

use baton_core::id::{ConversationId, Generation};
use baton_core::store::StoreError;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ResetCommand {
    pub(in crate::sqlite) conversation: ConversationId,
    /// The number of the only session to forget; `None` for any session.
    pub(in crate::sqlite) generation: Option<Generation>,
}

impl WriteCommand for ResetCommand {
    /// Whether the session had the number.
    type Answer = bool;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<bool, WriteFailure<StoreError>> {
        let id = self.conversation;
        if let Some(Generation(generation)) = self.generation {
            let is_current = "SELECT 1 FROM conversation WHERE id = ?1 AND generation = ?2";
            if tx
                .read_first(is_current, [id.0, generation], |_| Ok(()))?
                .is_none()
            {
                return Ok(false);
            }
        }
        tx.forget_session(id)?;
        let horizon = tx.next_seq();
        tx.run(
            "UPDATE conversation SET horizon = ?2 WHERE id = ?1",
            [id.0, horizon.0],
        )?;
        Ok(true)
    }
}
