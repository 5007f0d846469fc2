//! Keeps a question that a turn waits on.

use baton_core::approval::ApprovalState;
use baton_core::clock::millis;
use baton_core::id::ApprovalId;
use baton_core::name::PersonId;
use baton_core::store::{Ask, LeaseError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) Ask);

impl writer::Command for Command {
    type Answer = ApprovalId;
    type Error = LeaseError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<ApprovalId, Failure<LeaseError>> {
        let Ask {
            turn,
            fence,
            tool,
            input,
            deciders,
            within,
        } = self.0.clone();
        let held = tx.first(
            "SELECT 1 FROM turn WHERE id = ?1 AND fence = ?2 AND state = 'running'",
            [turn.0, fence.0],
            |_| Ok(()),
        )?;
        held.ok_or(Failure::Refused(LeaseError::Lost(turn)))?;
        let id = ApprovalId(tx.next_seq().0);
        let until = tx.steady.after(within);
        let deciders: Vec<&str> = deciders.iter().map(PersonId::as_str).collect();
        tx.run(
            "INSERT INTO approval (id, turn, tool, input, deciders, state, within_ms, until, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)",
            params![
                id.0,
                turn.0,
                tool,
                input.to_string(),
                serde_json::Value::from(deciders).to_string(),
                ApprovalState::Open.as_str(),
                millis(within),
                until.0,
                tx.wall.0
            ],
        )?;
        tx.deadline(until);
        Ok(id)
    }
}
