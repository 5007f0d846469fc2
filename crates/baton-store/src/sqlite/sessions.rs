//! An agent's session in the writer's hands: whose it is.

use baton_core::id::TurnId;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use rusqlite::params;

use super::lanes::Lane;
use super::tx::Tx;

impl Tx<'_> {
    /// Keeps what a turn says of its conversation's session. Only the session that the turn began
    /// with may be replaced: after a reset there is another generation. What was allowed and used in
    /// the session that it replaces ends with that. The turn's messages still run.
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

    /// Begins the next generation, in which the turn goes on.
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

    /// Whether another conversation has that session: two never write one transcript.
    fn is_anothers(&self, lane: &Lane, session: &SessionId) -> rusqlite::Result<bool> {
        let other = self.first(
            "SELECT 1 FROM conversation WHERE agent = ?1 AND session = ?2 AND id <> ?3",
            params![lane.agent.as_str(), session.as_str(), lane.id.0],
            |_| Ok(()),
        )?;
        Ok(other.is_some())
    }
}
