//! Forgets a topic that is gone from the platform, and reserves the next one.

use baton_core::store::{ReplaceTopic, ReserveTopic, Reserved, StoreError};
use baton_core::topic::TopicState;
use rusqlite::params;

use super::reserve_topic_command::reserve_topic;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ReplaceTopicCommand(pub(in crate::sqlite) ReplaceTopic);

impl WriteCommand for ReplaceTopicCommand {
    type Answer = Reserved;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Reserved, WriteFailure<StoreError>> {
        let ReplaceTopic {
            conversation,
            ref gone,
            lease,
        } = self.0;
        tx.run(
            "UPDATE topic SET state = ?3, platform_id = NULL, gone_fence = fence, until = ?4
             WHERE conversation = ?1 AND platform_id = ?2",
            params![conversation.0, gone, TopicState::Gone.as_str(), tx.steady.0],
        )?;
        let reserve = ReserveTopic {
            conversation,
            lease,
            held: None,
        };
        Ok(reserve_topic(tx, &reserve)?)
    }
}
