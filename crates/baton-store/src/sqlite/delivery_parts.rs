//! The parts of a delivery.

use baton_core::id::DeliveryId;
use baton_core::store::{DeliveryPart, PartReceipt};
use rusqlite::params;
use serde_json::Value;

use super::row_values::read_json;
use super::write_transaction::WriteTransaction;

impl WriteTransaction<'_> {
    /// The stored parts of a delivery, in order.
    pub(super) fn read_parts(&self, delivery: DeliveryId) -> rusqlite::Result<Vec<DeliveryPart>> {
        self.read_all(
            "SELECT content, sent, platform_id FROM delivery_part WHERE delivery = ?1 ORDER BY part",
            [delivery.0],
            |row| {
                let is_sent: bool = row.get(1)?;
                let platform_id = row.get(2)?;
                Ok(DeliveryPart {
                    content: read_json(row, 0)?,
                    receipt: is_sent.then_some(PartReceipt { platform_id }),
                })
            },
        )
    }

    /// Stores parts without receipts. `first` is the number of the first of them.
    pub(super) fn add_parts(
        &self,
        delivery: DeliveryId,
        first: i64,
        contents: &[Value],
    ) -> rusqlite::Result<()> {
        for (part, content) in (first..).zip(contents) {
            self.run(
                "INSERT INTO delivery_part (delivery, part, content) VALUES (?1, ?2, ?3)",
                params![delivery.0, part, content.to_string()],
            )?;
        }
        Ok(())
    }

    /// Removes the parts of a delivery that needs no further attempt.
    pub(super) fn forget_parts(&self, delivery: DeliveryId) -> rusqlite::Result<()> {
        self.run(
            "DELETE FROM delivery_part WHERE delivery = ?1",
            params![delivery.0],
        )
    }
}
