//! Records a failed delivery. The outbox pauses, or continues with the next delivery.

use baton_core::delivery::DeliveryState;
use baton_core::id::{DeliveryId, Seq};
use baton_core::name::ChannelName;
use baton_core::notice;
use baton_core::slots::Slot;
use baton_core::store::{DeliveryFailure, StoreError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::line::Sending;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) delivery: DeliveryId,
    pub(in crate::sqlite) failure: DeliveryFailure,
    pub(in crate::sqlite) slot: Option<Slot<ChannelName>>,
}

impl writer::Command for Command {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<StoreError>> {
        let delivery = self.delivery;
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
        let Some(sending) = tx.sending(delivery)? else {
            return Ok(());
        };
        let Sending {
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
        tx.event(
            Seq(delivery.0),
            &format!("not delivered ({state}): {reason}"),
        )?;
        if let Some(until) = until {
            tx.deadline(until);
        } else {
            tx.run("UPDATE delivery SET first = 0 WHERE id = ?1", [delivery.0])?;
            tx.advance_line(conversation)?;
            if let Some(question) = asks {
                // Nobody will see this approval, and its turn waits.
                tx.lapse_open(question, &notice::not_asked(&reason))?;
            }
        }
        Ok(())
    }
}
