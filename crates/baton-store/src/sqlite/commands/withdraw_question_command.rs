//! Ends an approval that its agent no longer needs.

use baton_core::id::{ApprovalId, Fence, TurnId};
use baton_core::notice;
use baton_core::store::LeaseError;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct WithdrawQuestionCommand {
    pub(in crate::sqlite) turn: TurnId,
    pub(in crate::sqlite) fence: Fence,
    pub(in crate::sqlite) approval: ApprovalId,
}

impl WriteCommand for WithdrawQuestionCommand {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<LeaseError>> {
        tx.read_held_conversation(self.turn, self.fence)?;
        let open = tx.read_first(
            "SELECT 1 FROM approval WHERE id = ?1 AND turn = ?2 AND state = 'open'",
            [self.approval.0, self.turn.0],
            |_| Ok(()),
        )?;
        if open.is_some() {
            tx.expire_approval(self.approval, notice::WITHDRAWN)?;
        }
        Ok(())
    }
}
