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
            "UPDATE topic SET state = ?3, platform_id = NULL, gone_fence = fence, until = ?4,
                 title = coalesce((SELECT r.name FROM reported_topic r
                                   JOIN place p ON p.account = r.account
                                   JOIN conversation c ON c.place = p.id
                                   WHERE c.id = ?1 AND r.address = ?2), title)
             WHERE conversation = ?1 AND platform_id = ?2",
            params![conversation.0, gone, TopicState::Gone.as_str(), tx.steady.0],
        )?;
        tx.run(
            "DELETE FROM reported_topic WHERE address = ?2 AND account =
                 (SELECT p.account FROM conversation c JOIN place p ON p.id = c.place
                  WHERE c.id = ?1)",
            params![conversation.0, gone],
        )?;
        let reserve = ReserveTopic {
            conversation,
            lease,
            held: None,
        };
        Ok(reserve_topic(tx, &reserve)?)
    }
}
