//! Records the topic of a reservation, unless the conversation has another topic.

use baton_core::id::{ConversationId, Fence};
use baton_core::store::{Adoption, TopicError};
use baton_core::topic::TopicState;
use rusqlite::params;

use super::topic_created_command::current_platform_id;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct AdoptTopicCommand {
    pub(in crate::sqlite) conversation: ConversationId,
    pub(in crate::sqlite) fence: Fence,
    pub(in crate::sqlite) platform_id: String,
}

impl WriteCommand for AdoptTopicCommand {
    type Answer = Adoption;
    type Error = TopicError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Adoption, WriteFailure<TopicError>> {
        let (conversation, fence) = (self.conversation, self.fence);
        let platform_id = current_platform_id(tx, conversation, &self.platform_id)?;
        let adopted = tx.change_rows(
            "UPDATE topic SET state = ?3, platform_id = ?4
             WHERE conversation = ?1 AND platform_id IS NULL AND ?2 > gone_fence AND ?2 <= fence",
            params![
                conversation.0,
                fence.0,
                TopicState::Ready.as_str(),
                platform_id
            ],
        )?;
        if adopted > 0 {
            return Ok(Adoption::Adopted);
        }
        let known = tx.read_first(
            "SELECT platform_id FROM topic WHERE conversation = ?1",
            [conversation.0],
            |row| row.get::<_, Option<String>>(0),
        )?;
        if known.flatten().as_ref() == Some(&platform_id) {
            return Ok(Adoption::Known);
        }
        Err(WriteFailure::Refused(TopicError::TakenOver(
            conversation,
            platform_id,
        )))
    }
}
