//! Marks the verdict of an approval as delivered, so that a retried turn asks again.

use baton_core::id::{ApprovalId, Fence, TurnId};
use baton_core::store::LeaseError;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct TakeVerdictCommand {
    pub(in crate::sqlite) turn: TurnId,
    pub(in crate::sqlite) fence: Fence,
    pub(in crate::sqlite) approval: ApprovalId,
}

impl WriteCommand for TakeVerdictCommand {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<LeaseError>> {
        tx.read_held_conversation(self.turn, self.fence)?;
        tx.run(
            "UPDATE approval SET untaken = 0 WHERE id = ?1 AND turn = ?2",
            [self.approval.0, self.turn.0],
        )?;
        Ok(())
    }
}
