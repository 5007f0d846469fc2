//! Decides a question: a compare-and-set, so that only the first decision counts.

use baton_core::approval::ApprovalState;
use baton_core::store::{Decide, DecideError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::views::approval;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) Decide);

impl writer::Command for Command {
    type Answer = ();
    type Error = DecideError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<DecideError>> {
        let Decide {
            approval: id,
            decision,
            by,
            reason,
        } = self.0.clone();
        if matches!(decision, ApprovalState::Open | ApprovalState::Expired) {
            return Err(Failure::Refused(DecideError::NotADecision));
        }
        let known =
            approval::read(tx.connection, id)?.ok_or(Failure::Refused(DecideError::Unknown(id)))?;
        if known.state != ApprovalState::Open {
            let by = known.decided_by;
            let state = known.state.as_str();
            return Err(Failure::Refused(DecideError::Over { id, state, by }));
        }
        if !known.deciders.is_empty() && !known.deciders.contains(&by) {
            return Err(Failure::Refused(DecideError::NotYours { id, by }));
        }
        // Past its end it is over, even where nobody has come to say so.
        let expired = tx.first(
            "SELECT 1 FROM approval WHERE id = ?1 AND until <= ?2",
            params![id.0, tx.steady.0],
            |_| Ok(()),
        )?;
        if expired.is_some() {
            let state = ApprovalState::Expired.as_str();
            return Err(Failure::Refused(DecideError::Over {
                id,
                state,
                by: None,
            }));
        }
        tx.run(
            "UPDATE approval SET state = ?2, decided_by = ?3, reason = ?4
             WHERE id = ?1 AND state = 'open'",
            params![id.0, decision.as_str(), by.as_str(), reason],
        )?;
        Ok(())
    }
}
