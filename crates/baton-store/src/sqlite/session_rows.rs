//! SQL for the agent's session of a conversation.

use baton_core::id::TurnId;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use rusqlite::params;

use super::conversation_rows::ConversationRow;
use super::write_transaction::WriteTransaction;

impl WriteTransaction<'_> {
    /// Records the session that a turn reports. A turn may only replace the session with which the turn
    /// began. A reset since then has started another generation, and the change is ignored. Permissions and
    /// usage of a replaced session end with the session. The turn's messages must still be running.
    pub(super) fn record_session(
        &self,
        conversation: &ConversationRow,
        turn: TurnId,
        change: &SessionChange,
    ) -> rusqlite::Result<()> {
        let session = match change {
            SessionChange::Keep => return Ok(()),
            SessionChange::Set(session)
                if self.belongs_to_other_conversation(conversation, session)? =>
            {
                let what = format!(
                    "session {session} is another conversation's; the next turn begins a new one"
                );
                for (message, ..) in self.read_turn_messages(turn)? {
                    self.record_event(message.into(), &what)?;
                }
                None
            }
            SessionChange::Set(session) => Some(session.as_str()),
            SessionChange::Forget => None,
        };
        if conversation.session.is_some() && conversation.session.as_deref() != session {
            self.end_session(conversation, turn)?;
        }
        self.run(
            "UPDATE conversation SET session = ?2
             WHERE id = ?1 AND generation = (SELECT generation FROM turn WHERE id = ?3)",
            params![conversation.id.0, session, turn.0],
        )
    }

    /// Ends the session and begins the next generation, in which the turn continues.
    fn end_session(&self, conversation: &ConversationRow, turn: TurnId) -> rusqlite::Result<()> {
        let still_its_own = self.read_first(
            "SELECT 1 FROM turn WHERE id = ?1 AND generation = ?2",
            [turn.0, conversation.generation.0],
            |_| Ok(()),
        )?;
        if still_its_own.is_some() {
            self.forget_session(conversation.id)?;
            self.run(
                "UPDATE turn SET generation = generation + 1 WHERE id = ?1",
                [turn.0],
            )?;
        }
        Ok(())
    }

    /// Whether another conversation has this session. Two conversations never write one transcript.
    fn belongs_to_other_conversation(
        &self,
        conversation: &ConversationRow,
        session: &SessionId,
    ) -> rusqlite::Result<bool> {
        let other = self.read_first(
            "SELECT 1 FROM conversation WHERE agent = ?1 AND session = ?2 AND id <> ?3",
            params![
                conversation.agent.as_str(),
                session.as_str(),
                conversation.id.0
            ],
            |_| Ok(()),
        )?;
        Ok(other.is_some())
    }
}
