//! Finds the message or delivery with a number, to replay or drop a dead letter.

use baton_core::delivery::DeliveryState;
use baton_core::id::{ConversationId, MessageId, Seq};
use baton_core::message::Message;
use baton_core::store::{Action, ControlError};

use super::failure::Failure;
use super::lanes::Lane;
use super::rows::{delivery_state, message};
use super::tx::Tx;

/// A message or a delivery, in any state.
pub(super) enum Letter {
    /// A message and its conversation.
    Message(Box<(Message, Lane)>),
    /// A delivery.
    Delivery {
        conversation: ConversationId,
        /// The number of the delivery's place.
        place: i64,
        state: DeliveryState,
    },
}

impl Tx<'_> {
    /// Reads the message or delivery with this number.
    pub(super) fn letter(&self, id: Seq) -> Result<Letter, Failure<ControlError>> {
        let unknown = || Failure::Refused(ControlError::Unknown(id));
        if let Some(found) = message(self.connection, MessageId(id.0))? {
            let lane = self.lane(found.conversation)?.ok_or_else(unknown)?;
            return Ok(Letter::Message(Box::new((found, lane))));
        }
        let delivery = self.first(
            "SELECT conversation, place, state FROM delivery WHERE id = ?1",
            [id.0],
            |row| {
                Ok(Letter::Delivery {
                    conversation: ConversationId(row.get(0)?),
                    place: row.get(1)?,
                    state: delivery_state(row, 2)?,
                })
            },
        )?;
        delivery.ok_or_else(unknown)
    }
}

/// The error for an action that the state does not allow.
pub(super) fn not_possible(id: Seq, state: &str, action: Action) -> Failure<ControlError> {
    Failure::Refused(ControlError::NotPossible {
        id,
        state: state.to_owned(),
        action,
    })
}
