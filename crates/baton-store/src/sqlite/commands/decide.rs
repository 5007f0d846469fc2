//! Decides an approval. Only the first decision counts.

use baton_core::approval::{Approval, ApprovalState, Wants};
use baton_core::notice;
use baton_core::store::{Decide, DecideError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::views::approval;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) Decide);

impl writer::Command for Command {
    type Answer = Approval;
    type Error = DecideError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Approval, Failure<DecideError>> {
        let Decide {
            approval: id,
            decision,
            by,
            operator,
        } = &self.0;
        let id = *id;
        let refuse = |error| Err(Failure::Refused(error));
        let Some(mut asked) = approval::read(tx.connection, id)? else {
            return refuse(DecideError::Unknown(id));
        };
        // After its time limit, the approval is over, even before `expire` has run.
        let late = tx.first(
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
        if !operator && !asked.deciders.contains(&by.id) {
            return refuse(DecideError::NotYours { id });
        }
        if !decision.answers(&asked.question.wants) {
            let instead = match &asked.question.wants {
                Wants::Permission { grant: Some(_) } => "allow, allow-for-session or deny it",
                Wants::Permission { grant: None } => {
                    "allow or deny it; it can be allowed only once"
                }
                Wants::Answers { .. } => "give an answer to each of its questions, or deny it",
            };
            return refuse(DecideError::NotAnAnswer { id, instead });
        }
        Ok(tx.decided(&asked, decision, by)?)
    }
}
