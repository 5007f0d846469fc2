//! One question.

use baton_core::approval::{Approval, ApprovalState};
use baton_core::id::{ApprovalId, TurnId};
use baton_core::name::PersonId;
use rusqlite::{Connection, OptionalExtension};

use crate::sqlite::rows::{broken, json, text};

pub(in crate::sqlite) fn read(
    connection: &Connection,
    id: ApprovalId,
) -> rusqlite::Result<Option<Approval>> {
    connection
        .prepare_cached(
            "SELECT id, turn, tool, input, deciders, state, decided_by, reason
             FROM approval WHERE id = ?1",
        )?
        .query_row([id.0], |row| {
            let word = text(row, 5)?;
            Ok(Approval {
                id: ApprovalId(row.get(0)?),
                turn: TurnId(row.get(1)?),
                tool: row.get(2)?,
                input: json(row, 3)?,
                deciders: serde_json::from_str(text(row, 4)?).map_err(|error| broken(4, error))?,
                state: ApprovalState::parse(word)
                    .ok_or_else(|| broken(5, format!("no such state: {word}")))?,
                decided_by: row.get::<_, Option<String>>(6)?.map(PersonId::from),
                reason: row.get(7)?,
            })
        })
        .optional()
}
