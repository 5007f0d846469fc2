//! Sets the model of a conversation, beginning with its next turn.

use baton_core::id::ConversationId;
use baton_core::store::StoreError;
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) conversation: ConversationId,
    pub(in crate::sqlite) model: Option<String>,
}

impl writer::Command for Command {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<StoreError>> {
        tx.run(
            "UPDATE conversation SET model = ?2 WHERE id = ?1",
            params![self.conversation.0, self.model],
        )?;
        Ok(())
    }
}
