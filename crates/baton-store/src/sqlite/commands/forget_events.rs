//! Forgets what `trace` has kept long enough.

use baton_core::clock::Wall;
use baton_core::store::StoreError;

use crate::sqlite::failure::Failure;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

/// How many of the oldest are looked at in one command, so that others need not wait long.
const AT_ONCE: u32 = 1_000;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) before: Wall,
}

impl writer::Command for Command {
    type Answer = usize;
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<usize, Failure<StoreError>> {
        // In the order in which they were kept: there is no index by time, and none is needed.
        let forgotten = tx.change(
            "DELETE FROM event WHERE id IN (
                 SELECT id FROM (SELECT id, at FROM event ORDER BY id LIMIT ?2) WHERE at < ?1)",
            [self.before.0, AT_ONCE.into()],
        )?;
        Ok(forgotten)
    }
}
