//! Ends for good what was given up.

use baton_core::id::{MessageId, Seq};
use baton_core::message::MessageState;
use baton_core::name::PersonId;
use baton_core::store::{Action, ControlError, Subject};

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
        let reason = format!("dropped by {by}");
        if let Some(found) = message(tx.connection, MessageId(id.0))? {
            let lane = tx.lane(found.conversation)?;
            return match (found.state, lane) {
                (MessageState::Dead, Some(lane)) => {
                    tx.event(id, &reason)?;
                    tx.set_state(&lane, found.id, MessageState::Withdrawn, Some(&reason))?;
                    Ok(Subject::Message)
                }
                (state, _) => Err(not_possible(id, state.as_str())),
            };
        }
        let state: Option<String> =
            tx.first("SELECT state FROM delivery WHERE id = ?1", [id.0], |row| {
                row.get(0)
            })?;
        match state.as_deref() {
            Some("dead") => {
                tx.event(id, &reason)?;
                tx.run("DELETE FROM delivery WHERE id = ?1", [id.0])?;
                Ok(Subject::Delivery)
            }
            Some(state) => Err(not_possible(id, state)),
            None => Err(Failure::Refused(ControlError::Unknown(id))),
        }
    }
}

fn not_possible(id: Seq, state: &str) -> Failure<ControlError> {
    Failure::Refused(ControlError::NotPossible {
        id,
        state: state.to_owned(),
        action: Action::Drop,
    })
}
