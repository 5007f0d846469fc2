//! Opens and closes the gaps of chats.

use baton_core::store::{Gap, StoreError};
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct GapClosedCommand(pub(in crate::sqlite) Gap);

impl WriteCommand for GapClosedCommand {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<StoreError>> {
        let gap = &self.0;
        tx.run(
            "DELETE FROM gap WHERE chat = ?3
             AND account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)",
            params![gap.channel.as_str(), gap.account.as_str(), gap.chat],
        )?;
        Ok(())
    }
}

/// Opens the gap of a chat within another command. An open gap keeps its position, because its messages are not
/// read yet.
pub(super) fn open_gap(tx: &WriteTransaction<'_>, gap: &Gap) -> rusqlite::Result<()> {
    let (channel, account) = (gap.channel.as_str(), gap.account.as_str());
    tx.run(
        "INSERT INTO account (channel, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
        params![channel, account],
    )?;
    tx.run(
        "INSERT INTO gap (account, chat, after)
         SELECT id, ?3, ?4 FROM account WHERE channel = ?1 AND name = ?2
         ON CONFLICT (account, chat) DO NOTHING",
        params![channel, account, gap.chat, gap.after],
    )
}
