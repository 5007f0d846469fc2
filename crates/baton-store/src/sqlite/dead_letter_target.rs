//! Finds the message or delivery with a number, to replay or drop a dead letter.

use baton_core::delivery::DeliveryState;
use baton_core::id::{ConversationId, MessageId, Seq};
use baton_core::message::Message;
use baton_core::store::{Action, ControlError};

use super::conversation_rows::ConversationRow;
use super::row_values::{read_delivery_state, read_message};
use super::write_failure::WriteFailure;
use super::write_transaction::WriteTransaction;

/// A message or a delivery, in any state.
pub(super) enum DeadLetterTarget {
    /// A message and its conversation.
    Message(Box<(Message, ConversationRow)>),
    /// A delivery.
    Delivery {
        conversation: ConversationId,
        /// The number of the delivery's place.
        place: i64,
        state: DeliveryState,
    },
}

impl WriteTransaction<'_> {
    /// Reads the message or delivery with this number.
    pub(super) fn read_dead_letter_target(
        &self,
        id: Seq,
    ) -> Result<DeadLetterTarget, WriteFailure<ControlError>> {
        let unknown = || WriteFailure::Refused(ControlError::Unknown(id));
        if let Some(found) = read_message(self.connection, MessageId(id.0))? {
            let conversation = self
                .read_conversation(found.conversation)?
                .ok_or_else(unknown)?;
            return Ok(DeadLetterTarget::Message(Box::new((found, conversation))));
        }
        let delivery = self.read_first(
            "SELECT conversation, place, state FROM delivery WHERE id = ?1",
            [id.0],
            |row| {
                Ok(DeadLetterTarget::Delivery {
                    conversation: ConversationId(row.get(0)?),
                    place: row.get(1)?,
                    state: read_delivery_state(row, 2)?,
                })
            },
        )?;
        delivery.ok_or_else(unknown)
    }
}

/// The error for an action that the state does not allow.
pub(super) fn not_possible(id: Seq, state: &str, action: Action) -> WriteFailure<ControlError> {
    WriteFailure::Refused(ControlError::NotPossible {
        id,
        state: state.to_owned(),
        action,
    })
}
