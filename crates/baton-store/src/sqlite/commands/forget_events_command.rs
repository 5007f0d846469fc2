//! Removes old events of `trace`.

use baton_core::clock::Wall;
use baton_core::store::StoreError;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

/// The most events in one command, so that other commands do not wait long.
const AT_ONCE: u32 = 1_000;

pub(in crate::sqlite) struct ForgetEventsCommand {
    pub(in crate::sqlite) before: Wall,
}

impl WriteCommand for ForgetEventsCommand {
    type Answer = usize;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<usize, WriteFailure<StoreError>> {
        // The events are in the order of their recording. An index by time is unnecessary.
        let forgotten = tx.change_rows(
            "DELETE FROM event WHERE id IN (
                 SELECT id FROM (SELECT id, at FROM event ORDER BY id LIMIT ?2) WHERE at < ?1)",
            [self.before.0, AT_ONCE.into()],
        )?;
        Ok(forgotten)
    }
}
