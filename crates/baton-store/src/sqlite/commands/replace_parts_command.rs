//! Replaces unsent parts of a delivery.

use baton_core::store::{DeliveryAttempt, OutcomeError};
use rusqlite::params;
use serde_json::Value;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ReplacePartsCommand {
    pub(in crate::sqlite) attempt: DeliveryAttempt,
    pub(in crate::sqlite) first: usize,
    pub(in crate::sqlite) contents: Vec<Value>,
}

impl WriteCommand for ReplacePartsCommand {
    type Answer = ();
    type Error = OutcomeError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<OutcomeError>> {
        tx.read_sending_delivery(self.attempt)?;
        let delivery = self.attempt.delivery;
        let first = i64::try_from(self.first).unwrap_or(i64::MAX);
        tx.run(
            "DELETE FROM delivery_part WHERE delivery = ?1 AND part >= ?2",
            params![delivery.0, first],
        )?;
        tx.add_parts(delivery, first, &self.contents)?;
        Ok(())
    }
}
