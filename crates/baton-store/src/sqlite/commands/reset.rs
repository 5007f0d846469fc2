//! Forgets a conversation's session; a turn that began with it cannot write it back.

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
        Ok(())
    }
}
