//! Extends the lease of an outside worker.

use std::time::Duration;

use baton_core::clock::Steady;
use baton_core::id::MessageId;
use baton_core::name::WorkerId;
use baton_core::store::RenewError;
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct RenewCommand {
    pub(in crate::sqlite) message: MessageId,
    pub(in crate::sqlite) worker: WorkerId,
}

impl WriteCommand for RenewCommand {
    type Answer = Duration;
    type Error = RenewError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Duration, WriteFailure<RenewError>> {
        let (message, worker) = (self.message, &self.worker);
        let known = tx.read_first(
            "SELECT turn FROM message WHERE id = ?1",
            [message.0],
            |row| row.get::<_, Option<i64>>(0),
        )?;
        let turn = known.ok_or(WriteFailure::Refused(RenewError::Unknown(message)))?;
        let lease: Option<i64> = tx.read_first(
            "SELECT lease_ms FROM turn WHERE id = ?1 AND state = 'running' AND worker = ?2",
            params![turn, worker.as_str()],
            |row| row.get(0),
        )?;
        let lease = lease.ok_or(WriteFailure::Refused(RenewError::NotHeld(message)))?;
        let until = Steady(tx.steady.0.saturating_add(lease));
        tx.run(
            "UPDATE turn SET lease_until = ?2 WHERE id = ?1",
            params![turn, until.0],
        )?;
        tx.add_deadline(until);
        Ok(Duration::from_millis(lease.unsigned_abs()))
    }
}
