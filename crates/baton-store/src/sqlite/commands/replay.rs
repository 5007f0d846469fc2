//! Lets what was given up be tried again.

use baton_core::id::{ConversationId, MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::PersonId;
use baton_core::store::{Action, Change, ControlError, Subject};

use crate::sqlite::failure::Failure;
use crate::sqlite::rows::message;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) id: Seq,
    pub(in crate::sqlite) by: PersonId,
}

impl writer::Command for Command {
    type Answer = Subject;
    type Error = ControlError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Subject, Failure<ControlError>> {
        let (id, by) = (self.id, &self.by);
        if let Some(found) = message(tx.connection, MessageId(id.0))? {
            let Some(lane) = tx.lane(found.conversation)? else {
                return Err(Failure::Refused(ControlError::Unknown(id)));
            };
            if !matches!(
                found.state,
                MessageState::Dead | MessageState::Withdrawn | MessageState::Refused
            ) {
                return Err(not_possible(id, found.state.as_str()));
            }
            if !tx.memory.can_answer(&lane.persona) {
                let persona = lane.persona;
                return Err(Failure::Refused(ControlError::NobodyAnswers {
                    id,
                    persona,
                }));
            }
            let reason = found.reason.as_deref().unwrap_or("no reason was kept");
            let was = found.state.as_str();
            tx.event(id, &format!("was {was} ({reason}), replayed by {by}"))?;
            // Without its turn, it is not told of what an earlier try began.
            tx.run(
                "UPDATE message SET attempts = 0, turn = NULL WHERE id = ?1",
                [id.0],
            )?;
            tx.set_state(&lane, found.id, MessageState::Waiting, None)?;
            tx.refresh_head(lane.id)?;
            tx.effects.changed(|| Change::Claimable);
            return Ok(Subject::Message);
        }
        let found = tx.first(
            "SELECT conversation, state FROM delivery WHERE id = ?1",
            [id.0],
            |row| Ok((ConversationId(row.get(0)?), row.get::<_, String>(1)?)),
        )?;
        let (conversation, state) = found.ok_or(Failure::Refused(ControlError::Unknown(id)))?;
        if state != "dead" {
            return Err(not_possible(id, &state));
        }
        tx.event(id, &format!("replayed by {by}"))?;
        tx.run(
            "UPDATE delivery SET state = 'waiting', attempts = 0, reason = NULL, first = 0
             WHERE id = ?1",
            [id.0],
        )?;
        // It goes back to its old place in the line, which is before all that wait now.
        tx.run(
            "UPDATE delivery SET first = 0
             WHERE conversation = ?1 AND first = 1
               AND state IN ('waiting', 'sending', 'unknown') AND state <> 'sending'",
            [conversation.0],
        )?;
        let sending = tx.first(
            "SELECT 1 FROM delivery WHERE conversation = ?1 AND state = 'sending'",
            [conversation.0],
            |_| Ok(()),
        )?;
        if sending.is_none() {
            tx.advance_line(conversation)?;
        }
        Ok(Subject::Delivery)
    }
}

fn not_possible(id: Seq, state: &str) -> Failure<ControlError> {
    Failure::Refused(ControlError::NotPossible {
        id,
        state: state.to_owned(),
        action: Action::Replay,
    })
}
