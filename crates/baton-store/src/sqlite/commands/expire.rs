//! Ends what is over by the store's clock, and says when to look again.

use baton_core::approval::ApprovalState;
use baton_core::clock::Steady;
use baton_core::id::{ConversationId, TurnId};
use baton_core::store::{Change, StoreError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command;

impl writer::Command for Command {
    type Answer = Option<Steady>;
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Option<Steady>, Failure<StoreError>> {
        let now = tx.steady.0;
        let freed = tx.change(
            "UPDATE conversation SET held_until = NULL, held_since = NULL WHERE held_until <= ?1",
            [now],
        )?;
        tx.run(
            "UPDATE delivery SET held_until = NULL WHERE held_until <= ?1",
            [now],
        )?;
        tx.run(
            "UPDATE approval SET state = ?2 WHERE state = 'open' AND until <= ?1",
            params![now, ApprovalState::Expired.as_str()],
        )?;
        let lapsed = tx.all(
            "SELECT id, conversation, worker FROM turn
             WHERE state = 'running' AND lease_until <= ?1",
            [now],
            |row| {
                let worker: Option<String> = row.get(2)?;
                Ok((
                    TurnId(row.get(0)?),
                    ConversationId(row.get(1)?),
                    worker.unwrap_or_default(),
                ))
            },
        )?;
        for (turn, conversation, worker) in &lapsed {
            let why = format!("the lease of worker {worker} ended");
            tx.take_back(*turn, *conversation, &why)?;
        }
        if freed > 0 || !lapsed.is_empty() {
            tx.effects.changed(|| Change::Claimable);
        }
        let next = tx.first(
            "SELECT min(at) FROM (
                 SELECT min(held_until) AS at FROM conversation WHERE held_until IS NOT NULL
                 UNION ALL
                 SELECT min(held_until) FROM delivery WHERE held_until IS NOT NULL
                 UNION ALL
                 SELECT min(lease_until) FROM turn
                 WHERE state = 'running' AND lease_until IS NOT NULL
                 UNION ALL
                 SELECT min(until) FROM approval WHERE state = 'open')",
            (),
            |row| row.get::<_, Option<i64>>(0),
        )?;
        let next = next.flatten().map(Steady);
        tx.memory.set_deadline(next);
        Ok(next)
    }
}
