//! Records that a turn is about to have side effects.

use baton_core::id::{Fence, TurnId};
use baton_core::store::LeaseError;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) turn: TurnId,
    pub(in crate::sqlite) fence: Fence,
}

impl writer::Command for Command {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<LeaseError>> {
        tx.held_lane(self.turn, self.fence)?;
        tx.run("UPDATE turn SET effects = 1 WHERE id = ?1", [self.turn.0])?;
        Ok(())
    }
}
