//! Records the platform's id of a topic, unless another process has taken over the reservation.

use baton_core::id::{ConversationId, Fence};
use baton_core::store::TopicError;
use baton_core::topic::TopicState;
use rusqlite::params;

use crate::sqlite::moved_places::read_moved_address;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct TopicCreatedCommand {
    pub(in crate::sqlite) conversation: ConversationId,
    pub(in crate::sqlite) fence: Fence,
    pub(in crate::sqlite) platform_id: String,
}

impl WriteCommand for TopicCreatedCommand {
    type Answer = ();
    type Error = TopicError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<TopicError>> {
        let (conversation, fence) = (self.conversation, self.fence);
        let platform_id = current_platform_id(tx, conversation, &self.platform_id)?;
        let kept = tx.change_rows(
            "UPDATE topic SET state = ?3, platform_id = ?4
             WHERE conversation = ?1 AND fence = ?2
               AND (platform_id IS NULL OR platform_id = ?4)",
            params![
                conversation.0,
                fence.0,
                TopicState::Ready.as_str(),
                platform_id
            ],
        )?;
        if kept == 0 {
            return Err(WriteFailure::Refused(TopicError::TakenOver(
                conversation,
                platform_id,
            )));
        }
        Ok(())
    }
}

/// The platform's id of a topic. The chat of the topic may have moved since the reservation.
pub(super) fn current_platform_id(
    tx: &WriteTransaction<'_>,
    conversation: ConversationId,
    platform_id: &str,
) -> rusqlite::Result<String> {
    let account = tx.read_first(
        "SELECT p.account FROM conversation c JOIN place p ON p.id = c.place WHERE c.id = ?1",
        [conversation.0],
        |row| row.get(0),
    )?;
    let moved = match account {
        Some(account) => read_moved_address(tx.connection, account, platform_id)?,
        None => None,
    };
    Ok(moved.unwrap_or_else(|| platform_id.to_owned()))
}
