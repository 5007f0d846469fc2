//! Records that the platform has one part of a delivery.

use baton_core::store::{DeliveryAttempt, OutcomeError, PartReceipt};
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct PartSentCommand {
    pub(in crate::sqlite) attempt: DeliveryAttempt,
    pub(in crate::sqlite) part: usize,
    pub(in crate::sqlite) receipt: PartReceipt,
}

impl WriteCommand for PartSentCommand {
    type Answer = ();
    type Error = OutcomeError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<OutcomeError>> {
        tx.read_sending_delivery(self.attempt)?;
        let part = i64::try_from(self.part).unwrap_or(i64::MAX);
        // The first receipt counts, because people see the message with this id.
        tx.run(
            "UPDATE delivery_part SET sent = 1, platform_id = ?3
             WHERE delivery = ?1 AND part = ?2 AND sent = 0",
            params![self.attempt.delivery.0, part, self.receipt.platform_id],
        )?;
        Ok(())
    }
}
