//! SQL for the agent's session of a conversation.

use baton_core::id::TurnId;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use rusqlite::params;

use super::lanes::Lane;
use super::tx::Tx;

impl Tx<'_> {
    /// Records the session that a turn reports. A turn may only replace the session with which the turn
    /// began. A reset since then has started another generation, and the change is ignored. Permissions and
    /// usage of a replaced session end with the session. The turn's messages must still be running.
    pub(super) fn keep_session(
        &self,
        lane: &Lane,
        turn: TurnId,
        change: &SessionChange,
    ) -> rusqlite::Result<()> {
        let session = match change {
            SessionChange::Keep => return Ok(()),
            SessionChange::Set(session) if self.is_anothers(lane, session)? => {
                let what = format!(
                    "session {session} is another conversation's; the next turn begins a new one"
                );
                for (message, ..) in self.messages_of(turn)? {
                    self.event(message.into(), &what)?;
                }
                None
            }
            SessionChange::Set(session) => Some(session.as_str()),
            SessionChange::Forget => None,
        };
        if lane.session.is_some() && lane.session.as_deref() != session {
            self.end_session(lane, turn)?;
        }
        self.run(
            "UPDATE conversation SET session = ?2
             WHERE id = ?1 AND generation = (SELECT generation FROM turn WHERE id = ?3)",
            params![lane.id.0, session, turn.0],
        )
    }

    /// Ends the session and begins the next generation, in which the turn continues.
    fn end_session(&self, lane: &Lane, turn: TurnId) -> rusqlite::Result<()> {
        let still_its_own = self.first(
            "SELECT 1 FROM turn WHERE id = ?1 AND generation = ?2",
            [turn.0, lane.generation.0],
            |_| Ok(()),
        )?;
        if still_its_own.is_some() {
            self.forget_session(lane.id)?;
            self.run(
                "UPDATE turn SET generation = generation + 1 WHERE id = ?1",
                [turn.0],
            )?;
        }
        Ok(())
    }

    /// Whether another conversation has this session. Two conversations never write one transcript.
    fn is_anothers(&self, lane: &Lane, session: &SessionId) -> rusqlite::Result<bool> {
        let other = self.first(
            "SELECT 1 FROM conversation WHERE agent = ?1 AND session = ?2 AND id <> ?3",
            params![lane.agent.as_str(), session.as_str(), lane.id.0],
            |_| Ok(()),
        )?;
        Ok(other.is_some())
    }
}
