//! Extends the lease of an outside worker.

use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::id::MessageId;
use baton_core::name::WorkerId;
use baton_core::store::RenewError;
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) message: MessageId,
    pub(in crate::sqlite) worker: WorkerId,
}

impl writer::Command for Command {
    type Answer = Duration;
    type Error = RenewError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Duration, Failure<RenewError>> {
        let (message, worker) = (self.message, &self.worker);
        let known = tx.first(
            "SELECT turn FROM message WHERE id = ?1",
            [message.0],
            |row| row.get::<_, Option<i64>>(0),
        )?;
        let turn = known.ok_or(Failure::Refused(RenewError::Unknown(message)))?;
        let lease: Option<i64> = tx.first(
            "SELECT lease_ms FROM turn WHERE id = ?1 AND state = 'running' AND worker = ?2",
            params![turn, worker.as_str()],
            |row| row.get(0),
        )?;
        let lease = lease.ok_or(Failure::Refused(RenewError::NotHeld(message)))?;
        let until = Steady(tx.steady.0.saturating_add(lease));
        tx.run(
            "UPDATE turn SET lease_until = ?2 WHERE id = ?1",
            params![turn, until.0],
        )?;
        tx.deadline(until);
        Ok(Duration::from_millis(lease.unsigned_abs()))
    }
}
