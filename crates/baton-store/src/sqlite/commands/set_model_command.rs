//! Sets the model of a conversation, beginning with its next turn.

use baton_core::id::ConversationId;
use baton_core::store::StoreError;
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct SetModelCommand {
    pub(in crate::sqlite) conversation: ConversationId,
    pub(in crate::sqlite) model: Option<String>,
}

impl WriteCommand for SetModelCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        tx.run(
            "UPDATE conversation SET model = ?2 WHERE id = ?1",
            params![self.conversation.0, self.model],
        )?;
        Ok(())
    }
}
