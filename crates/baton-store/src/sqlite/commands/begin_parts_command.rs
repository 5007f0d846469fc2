//! Stores the parts of a delivery, before the first part is sent.

use baton_core::store::{DeliveryAttempt, DeliveryPart, OutcomeError};
use serde_json::Value;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct BeginPartsCommand {
    pub(in crate::sqlite) attempt: DeliveryAttempt,
    pub(in crate::sqlite) contents: Vec<Value>,
}

impl WriteCommand for BeginPartsCommand {
    type Answer = Vec<DeliveryPart>;
    type Error = OutcomeError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Vec<DeliveryPart>, WriteFailure<OutcomeError>> {
        tx.read_sending_delivery(self.attempt)?;
        let delivery = self.attempt.delivery;
        let stored = tx.read_parts(delivery)?;
        if !stored.is_empty() {
            return Ok(stored);
        }
        tx.add_parts(delivery, 0, &self.contents)?;
        let parts = self.contents.iter().map(|content| DeliveryPart {
            content: content.clone(),
            receipt: None,
        });
        Ok(parts.collect())
    }
}
