//! Drops a dead letter: withdraws a message, or removes a delivery.

use baton_core::delivery::DeliveryState;
use baton_core::id::{DeliveryId, Seq};
use baton_core::message::MessageState;
use baton_core::name::PersonId;
use baton_core::store::{Action, ControlError, Subject};

use crate::sqlite::dead_letter_target::{DeadLetterTarget, not_possible};
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct DropDeadCommand {
    pub(in crate::sqlite) id: Seq,
    pub(in crate::sqlite) by: PersonId,
}

impl WriteCommand for DropDeadCommand {
    type Answer = Subject;
    type Error = ControlError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Subject, WriteFailure<ControlError>> {
        let (id, by) = (self.id, &self.by);
        let reason = format!("dropped by {by}");
        match tx.read_dead_letter_target(id)? {
            DeadLetterTarget::Message(message) => {
                let (found, conversation) = *message;
                if found.state != MessageState::Dead {
                    return Err(not_possible(id, found.state.as_str(), Action::Drop));
                }
                tx.record_event(id, &reason)?;
                tx.set_message_state(
                    &conversation,
                    found.id,
                    MessageState::Withdrawn,
                    Some(&reason),
                )?;
                Ok(Subject::Message)
            }
            DeadLetterTarget::Delivery { state, place, .. } if state == DeliveryState::Dead => {
                tx.record_event(id, &reason)?;
                tx.forget_parts(DeliveryId(id.0))?;
                tx.run("DELETE FROM delivery WHERE id = ?1", [id.0])?;
                tx.count_delivery(place, Some(state), None);
                Ok(Subject::Delivery)
            }
            DeadLetterTarget::Delivery { state, .. } => {
                Err(not_possible(id, state.as_str(), Action::Drop))
            }
        }
    }
}
