//! Drops a dead letter: withdraws a message, or removes a delivery.

use baton_core::delivery::DeliveryState;
use baton_core::id::Seq;
use baton_core::message::MessageState;
use baton_core::name::PersonId;
use baton_core::store::{Action, ControlError, Subject};

use crate::sqlite::failure::Failure;
use crate::sqlite::letters::{Letter, not_possible};
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
        match tx.letter(id)? {
            Letter::Message(message) => {
                let (found, lane) = *message;
                if found.state != MessageState::Dead {
                    return Err(not_possible(id, found.state.as_str(), Action::Drop));
                }
                tx.event(id, &reason)?;
                tx.set_state(&lane, found.id, MessageState::Withdrawn, Some(&reason))?;
                Ok(Subject::Message)
            }
            Letter::Delivery { state, place, .. } if state == DeliveryState::Dead => {
                tx.event(id, &reason)?;
                tx.run("DELETE FROM delivery WHERE id = ?1", [id.0])?;
                tx.count_delivery(place, Some(state), None);
                Ok(Subject::Delivery)
            }
            Letter::Delivery { state, .. } => Err(not_possible(id, state.as_str(), Action::Drop)),
        }
    }
}
