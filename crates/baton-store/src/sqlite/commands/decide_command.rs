//! Decides an approval. Only the first decision counts.

use baton_core::approval::{Approval, ApprovalState, Wants};
use baton_core::authority::Right;
use baton_core::notice;
use baton_core::store::{Decide, DecideError};
use rusqlite::params;

use crate::sqlite::queries::read_approval;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct DecideCommand(pub(in crate::sqlite) Decide);

impl WriteCommand for DecideCommand {
    type Answer = Approval;
    type Error = DecideError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Approval, WriteFailure<DecideError>> {
        let Decide {
            approval: id,
            decision,
            by,
        } = &self.0;
        let id = *id;
        let refuse = |error| Err(WriteFailure::Refused(error));
        let Some(mut asked) = read_approval(tx.connection, id)? else {
            return refuse(DecideError::Unknown(id));
        };
        // After its time limit, the approval is over, even before `expire` has run.
        let late = tx.read_first(
            "SELECT 1 FROM approval WHERE id = ?1 AND state = 'open' AND until <= ?2",
            params![id.0, tx.steady.0],
            |_| Ok(()),
        )?;
        if late.is_some() {
            asked.state = ApprovalState::Expired;
            asked.reason = Some(notice::nobody_decided(asked.within));
        }
        if let Some(outcome) = asked.outcome() {
            return refuse(DecideError::Over { id, outcome });
        }
        if let Err(why) = by.check_right(Right::Decide(&asked.deciders)) {
            return refuse(DecideError::NotYours { id, why });
        }
        if !decision.answers(&asked.question.wants) {
            let instead = match &asked.question.wants {
                Wants::Permission { grant: Some(_) } => "allow, allow-for-session or deny it",
                Wants::Permission { grant: None } => {
                    "allow or deny the approval; it can be allowed only once"
                }
                Wants::Answers { .. } => "give an answer to each of its questions, or deny it",
            };
            return refuse(DecideError::NotAnAnswer { id, instead });
        }
        Ok(tx.record_decision(&asked, decision, &by.author)?)
    }
}
