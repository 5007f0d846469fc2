//! Records the session in which a running turn continues.

use baton_core::id::{Fence, TurnId};
use baton_core::name::SessionId;
use baton_core::store::LeaseError;
use baton_core::turn::SessionChange;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) turn: TurnId,
    pub(in crate::sqlite) fence: Fence,
    pub(in crate::sqlite) session: SessionId,
}

impl writer::Command for Command {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<LeaseError>> {
        let held = tx.held_lane(self.turn, self.fence)?;
        let session = SessionChange::Set(self.session.clone());
        tx.keep_session(&held.lane, self.turn, &session)?;
        Ok(())
    }
}
