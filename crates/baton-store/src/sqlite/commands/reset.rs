//! Forgets the session of a conversation, and moves the horizon of its history. A running turn cannot write
//! the old session back.

use baton_core::id::ConversationId;
use baton_core::store::StoreError;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) ConversationId);

impl writer::Command for Command {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<StoreError>> {
        tx.forget_session(self.0)?;
        let horizon = tx.next_seq();
        tx.run(
            "UPDATE conversation SET horizon = ?2 WHERE id = ?1",
            [self.0.0, horizon.0],
        )?;
        Ok(())
    }
}
