//! Marks the verdict of an approval as delivered, so that a retried turn asks again.

use baton_core::id::{ApprovalId, Fence, TurnId};
use baton_core::store::LeaseError;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) turn: TurnId,
    pub(in crate::sqlite) fence: Fence,
    pub(in crate::sqlite) approval: ApprovalId,
}

impl writer::Command for Command {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<LeaseError>> {
        tx.held_lane(self.turn, self.fence)?;
        tx.run(
            "UPDATE approval SET untaken = 0 WHERE id = ?1 AND turn = ?2",
            [self.approval.0, self.turn.0],
        )?;
        Ok(())
    }
}
