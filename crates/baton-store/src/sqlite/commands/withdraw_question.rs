//! Ends an approval that its agent no longer needs.

use baton_core::id::{ApprovalId, Fence, TurnId};
use baton_core::notice;
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
        let open = tx.first(
            "SELECT 1 FROM approval WHERE id = ?1 AND turn = ?2 AND state = 'open'",
            [self.approval.0, self.turn.0],
            |_| Ok(()),
        )?;
        if open.is_some() {
            tx.lapse(self.approval, notice::WITHDRAWN)?;
        }
        Ok(())
    }
}
