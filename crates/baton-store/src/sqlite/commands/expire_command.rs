//! Ends all pauses, leases and approvals whose time is over, and returns the next time.

use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::id::{ApprovalId, ConversationId, TurnId};
use baton_core::notice;
use baton_core::store::StoreError;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ExpireCommand;

impl WriteCommand for ExpireCommand {
    type Answer = Option<Steady>;
    type Error = StoreError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Option<Steady>, WriteFailure<StoreError>> {
        end_pauses(tx)?;
        expire_approvals(tx)?;
        take_back_leases(tx)?;
        let next = next_deadline(tx)?;
        tx.memory.set_deadline(next);
        Ok(next)
    }
}

fn end_pauses(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    let now = tx.steady.0;
    let rested = tx.read_all(
        "SELECT id FROM conversation WHERE held_until <= ?1",
        [now],
        |row| row.get(0).map(ConversationId),
    )?;
    tx.run(
        "UPDATE conversation SET held_until = NULL, held_since = NULL WHERE held_until <= ?1",
        [now],
    )?;
    for conversation in rested {
        if let Some(conversation) = tx.read_conversation(conversation)? {
            tx.queue_claimable_check(&conversation);
        }
    }
    tx.run(
        "UPDATE delivery SET held_until = NULL WHERE held_until <= ?1",
        [now],
    )
}

fn expire_approvals(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    let undecided = tx.read_all(
        "SELECT id, within_ms FROM approval WHERE state = 'open' AND until <= ?1 ORDER BY +id",
        [tx.steady.0],
        |row| {
            Ok((
                ApprovalId(row.get(0)?),
                row.get::<_, i64>(1)?.unsigned_abs(),
            ))
        },
    )?;
    for (approval, within) in undecided {
        let reason = notice::nobody_decided(Duration::from_millis(within));
        tx.expire_approval(approval, &reason)?;
    }
    Ok(())
}

/// Takes back the turns of outside workers whose lease is over.
fn take_back_leases(tx: &mut WriteTransaction<'_>) -> rusqlite::Result<()> {
    let lapsed = tx.read_all(
        "SELECT id, conversation, worker FROM turn
         WHERE state = 'running' AND lease_until <= ?1",
        [tx.steady.0],
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
        tx.take_back_turn(*turn, *conversation, &why)?;
    }
    Ok(())
}

fn next_deadline(tx: &WriteTransaction<'_>) -> rusqlite::Result<Option<Steady>> {
    let next = tx.read_first(
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
    Ok(next.flatten().map(Steady))
}
