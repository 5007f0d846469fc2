//! Records that a platform has accepted a delivery, which is a post from now on.

use baton_core::delivery::DeliveryState;
use baton_core::id::DeliveryId;
use baton_core::name::ChannelName;
use baton_core::slots::Slot;
use baton_core::store::{Change, StoreError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::line::Sending;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) delivery: DeliveryId,
    pub(in crate::sqlite) platform_id: Option<String>,
    pub(in crate::sqlite) slot: Option<Slot<ChannelName>>,
}

impl writer::Command for Command {
    type Answer = ();
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<StoreError>> {
        // The end of this commit can already use the slot.
        drop(self.slot.take());
        let Some(sending) = tx.sending(self.delivery)? else {
            return Ok(());
        };
        let Sending { conversation, .. } = sending;
        let posted = tx.next_seq();
        // A verdict is shown within its question, and is not a post.
        tx.run(
            "UPDATE delivery SET state = 'sent', first = 0, reason = NULL, platform_id = ?2,
                 posted = iif(operation = 'verdict', NULL, ?3), posted_at = ?4 WHERE id = ?1",
            params![self.delivery.0, self.platform_id, posted.0, tx.wall.0],
        )?;
        tx.count_delivery(
            sending.place,
            Some(DeliveryState::Sending),
            Some(DeliveryState::Sent),
        );
        if let Some(question) = sending.asks {
            tx.begin_to_expire(question)?;
        }
        tx.advance_line(conversation)?;
        if let Some(lane) = tx.lane(conversation)? {
            tx.effects.changed(Change::Posted {
                place: lane.place,
                seq: posted,
            });
        }
        Ok(())
    }
}
