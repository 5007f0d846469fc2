//! Records that a platform has accepted a delivery, which is a post from now on.

use baton_core::delivery::DeliveryState;
use baton_core::name::ChannelName;
use baton_core::slots::Slot;
use baton_core::store::{Change, DeliveryAttempt, OutcomeError};
use rusqlite::params;

use crate::sqlite::outbox::SendingDelivery;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct DeliverySentCommand {
    pub(in crate::sqlite) attempt: DeliveryAttempt,
    pub(in crate::sqlite) platform_id: Option<String>,
    pub(in crate::sqlite) slot: Option<Slot<ChannelName>>,
}

impl WriteCommand for DeliverySentCommand {
    type Answer = ();
    type Error = OutcomeError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<OutcomeError>> {
        // The end of this commit can already use the slot.
        drop(self.slot.take());
        let sending = tx.read_sending_delivery(self.attempt)?;
        let SendingDelivery { conversation, .. } = sending;
        let posted = tx.next_seq();
        // A verdict is shown within its question, and the end of a topic has no text. Neither is a post.
        tx.run(
            "UPDATE delivery SET state = 'sent', first = 0, reason = NULL, platform_id = ?2,
                 posted = iif(operation IN ('verdict', 'topic'), NULL, ?3), posted_at = ?4 WHERE id = ?1",
            params![
                self.attempt.delivery.0,
                self.platform_id,
                posted.0,
                tx.wall.0
            ],
        )?;
        tx.forget_parts(self.attempt.delivery)?;
        tx.count_delivery(
            sending.place,
            Some(DeliveryState::Sending),
            Some(DeliveryState::Sent),
        );
        if let Some(question) = sending.asks {
            tx.start_time_limit(question)?;
        }
        tx.advance_outbox(conversation)?;
        if let Some(conversation) = tx.read_conversation(conversation)? {
            tx.effects.add_change(Change::Posted {
                place: conversation.place,
                seq: posted,
            });
        }
        Ok(())
    }
}
