//! Takes the right to rename a topic whose name the platform invented.

use baton_core::store::{StoreError, TopicAddress};
use baton_core::topic::TopicNamer;
use rusqlite::params;

use crate::sqlite::moved_places::{find_account, read_moved_address};
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ClaimTopicNameCommand {
    pub(in crate::sqlite) topic: TopicAddress,
    pub(in crate::sqlite) name: String,
}

impl WriteCommand for ClaimTopicNameCommand {
    type Answer = bool;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<bool, WriteFailure<StoreError>> {
        let TopicAddress {
            channel,
            account,
            id,
        } = &self.topic;
        let account = find_account(tx.connection, channel.as_str(), account.as_str())?;
        let Some(account) = account else {
            return Ok(false);
        };
        let moved = read_moved_address(tx.connection, account, id)?;
        let claimed = tx.change_rows(
            "UPDATE reported_topic SET name = ?3, named_by = ?4
             WHERE account = ?1 AND address = ?2 AND named_by = ?5",
            params![
                account,
                moved.as_ref().unwrap_or(id),
                self.name,
                TopicNamer::Baton.as_str(),
                TopicNamer::Platform.as_str()
            ],
        )?;
        Ok(claimed > 0)
    }
}
