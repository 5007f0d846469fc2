//! Records a failed delivery. The outbox pauses, or continues with the next delivery.

use baton_core::delivery::DeliveryState;
use baton_core::id::Seq;
use baton_core::name::ChannelName;
use baton_core::notice;
use baton_core::slots::Slot;
use baton_core::store::{Change, DeliveryAttempt, DeliveryFailure, OutcomeError};
use rusqlite::params;

use crate::sqlite::outbox::SendingDelivery;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct DeliveryFailedCommand {
    pub(in crate::sqlite) attempt: DeliveryAttempt,
    pub(in crate::sqlite) failure: DeliveryFailure,
    pub(in crate::sqlite) slot: Option<Slot<ChannelName>>,
}

impl WriteCommand for DeliveryFailedCommand {
    type Answer = ();
    type Error = OutcomeError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<OutcomeError>> {
        let delivery = self.attempt.delivery;
        // The end of this commit can already use the slot.
        drop(self.slot.take());
        let (state, reason, pause, repeated) = match self.failure.clone() {
            DeliveryFailure::Retry { reason, pause } => {
                (DeliveryState::Waiting, reason, Some(pause), false)
            }
            DeliveryFailure::Unknown { reason, pause } => {
                (DeliveryState::Unknown, reason, Some(pause), true)
            }
            DeliveryFailure::Dead { reason } => (DeliveryState::Dead, reason, None, false),
        };
        let until = pause.map(|pause| tx.steady.after(pause));
        let sending = tx.read_sending_delivery(self.attempt)?;
        let SendingDelivery {
            conversation,
            place,
            asks,
        } = sending;
        tx.run(
            "UPDATE delivery SET state = ?2, reason = ?3, held_until = ?4,
                 maybe_repeated = max(maybe_repeated, ?5) WHERE id = ?1",
            params![
                delivery.0,
                state.as_str(),
                reason,
                until.map(|until| until.0),
                repeated
            ],
        )?;
        tx.count_delivery(place, Some(DeliveryState::Sending), Some(state));
        let state = state.as_str();
        tx.record_event(
            Seq(delivery.0),
            &format!("not delivered ({state}): {reason}"),
        )?;
        if let Some(until) = until {
            tx.add_deadline(until);
        } else {
            tx.effects.add_change(Change::Undelivered { delivery });
            tx.run("UPDATE delivery SET first = 0 WHERE id = ?1", [delivery.0])?;
            tx.advance_outbox(conversation)?;
            if let Some(question) = asks {
                // Nobody will see this approval, and its turn waits.
                tx.expire_if_open(question, &notice::not_asked(&reason))?;
            }
        }
        Ok(())
    }
}
