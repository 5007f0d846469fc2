//! Puts the end of idle topics into their outboxes.

use baton_core::delivery::Operation;
use baton_core::id::ConversationId;
use baton_core::store::{ListedTopic, PruneTopics, PrunedTopics, StoreError};
use baton_core::topic::TopicEnd;

use crate::sqlite::queries::read_topics_of;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

/// The topics were chosen before this transaction, so that the writer reads only these.
pub(in crate::sqlite) struct EndTopicsCommand {
    pub(in crate::sqlite) prune: PruneTopics,
    pub(in crate::sqlite) chosen: PrunedTopics,
}

impl WriteCommand for EndTopicsCommand {
    type Answer = PrunedTopics;
    type Error = StoreError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<PrunedTopics, WriteFailure<StoreError>> {
        let mut pruned = self.chosen.clone();
        let chosen = std::mem::take(&mut pruned.ended);
        for topic in chosen {
            let Some((conversation, _)) = topic.conversation else {
                continue;
            };
            // A message may have come since the choice.
            let present = read_topics_of(tx.connection, conversation)?;
            let is_idle = present.iter().all(ListedTopic::is_idle);
            let is_meant = present
                .iter()
                .any(|present| present.id == topic.id && self.prune.means(present));
            if !is_meant {
                continue;
            }
            if !is_idle {
                pruned.busy.extend(present);
            } else if let Some(id) = topic.id.clone() {
                self.add_end(tx, conversation, id)?;
                pruned.ended.push(topic);
            }
        }
        if self.prune.named.is_empty() {
            pruned.busy.clear();
        }
        Ok(pruned)
    }
}

impl EndTopicsCommand {
    fn add_end(
        &self,
        tx: &mut WriteTransaction<'_>,
        conversation: ConversationId,
        topic: String,
    ) -> rusqlite::Result<()> {
        let Some(conversation) = tx.read_conversation(conversation)? else {
            return Ok(());
        };
        let text = match self.prune.end {
            TopicEnd::Closed => "close the idle topic",
            TopicEnd::Deleted => "delete the idle topic",
        };
        let operation = Operation::Topic {
            topic,
            end: self.prune.end,
            text: text.to_owned(),
        };
        tx.add_operation(&conversation, &operation)
    }
}
