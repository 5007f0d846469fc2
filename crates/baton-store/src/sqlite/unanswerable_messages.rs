//! Gives up messages without a configured channel or persona. Otherwise they would wait for ever.

use baton_core::id::MessageId;
use baton_core::message::MessageState;
use baton_core::notice;

use super::conversation_rows::ConversationRow;
use super::write_transaction::WriteTransaction;

impl WriteTransaction<'_> {
    /// Gives up the waiting messages of a conversation whose channel or persona is no longer configured. A
    /// notice tells people, if the channel exists.
    pub(super) fn give_up_unanswerable(
        &mut self,
        conversation: &ConversationRow,
    ) -> rusqlite::Result<()> {
        let reason = if !self.memory.has_channel(&conversation.place.channel) {
            notice::nobody_carries(&conversation.place.channel)
        } else if !self.memory.has_persona(&conversation.persona) {
            notice::nobody_answers(&conversation.persona)
        } else {
            return Ok(());
        };
        let messages = self.read_all(
            "SELECT id, attempts FROM message WHERE conversation = ?1 AND state = 'waiting'
             ORDER BY id",
            [conversation.id.0],
            |row| Ok((MessageId(row.get(0)?), row.get::<_, u32>(1)?)),
        )?;
        for (message, tried) in messages {
            self.set_message_state(conversation, message, MessageState::Dead, Some(&reason))?;
            // Without the channel, no notice can be sent. The message still appears among the dead letters.
            if self.memory.has_channel(&conversation.place.channel) {
                self.add_to_outbox(
                    conversation,
                    None,
                    &notice::gave_up(message, tried, &reason),
                )?;
            }
        }
        self.refresh_head(conversation.id)
    }
}
