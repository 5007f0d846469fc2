//! Records the session in which a running turn continues.

use baton_core::id::{Fence, TurnId};
use baton_core::name::SessionId;
use baton_core::store::LeaseError;
use baton_core::turn::SessionChange;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct KeepSessionCommand {
    pub(in crate::sqlite) turn: TurnId,
    pub(in crate::sqlite) fence: Fence,
    pub(in crate::sqlite) session: SessionId,
}

impl WriteCommand for KeepSessionCommand {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<LeaseError>> {
        let held = tx.read_held_conversation(self.turn, self.fence)?;
        let session = SessionChange::Set(self.session.clone());
        tx.record_session(&held.conversation, self.turn, &session)?;
        Ok(())
    }
}
