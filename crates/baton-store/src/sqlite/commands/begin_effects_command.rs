//! Records that a turn is about to have side effects.

use baton_core::id::{Fence, TurnId};
use baton_core::store::LeaseError;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct BeginEffectsCommand {
    pub(in crate::sqlite) turn: TurnId,
    pub(in crate::sqlite) fence: Fence,
}

impl WriteCommand for BeginEffectsCommand {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<LeaseError>> {
        tx.read_held_conversation(self.turn, self.fence)?;
        tx.run("UPDATE turn SET effects = 1 WHERE id = ?1", [self.turn.0])?;
        Ok(())
    }
}
