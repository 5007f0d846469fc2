//! The outbox of a conversation: deliveries are sent in the order of their creation.

use baton_core::clock::Wall;
use baton_core::delivery::{Delivery, DeliveryState, NewDelivery, Operation};
use baton_core::id::{ApprovalId, ConversationId, DeliveryId, Epoch, MessageId, TurnId};
use baton_core::name::{ChannelName, ExternalId};
use baton_core::notice;
use baton_core::store::{DeliveryAttempt, OutcomeError, Outgoing};
use rusqlite::{Row, params};
use serde_json::Value;

use super::conversation_rows::ConversationRow;
use super::operation_columns::{read_operation, stored_fields, stored_text};
use super::row_values::{read_delivery_state, read_json, read_place, read_text};
use super::write_failure::WriteFailure;
use super::write_transaction::WriteTransaction;

/// A new delivery in the outbox.
struct NewDeliveryRow<'a> {
    id: DeliveryId,
    conversation: &'a ConversationRow,
    turn: Option<TurnId>,
    message: Option<MessageId>,
    /// The id of a reply that was written outside of a turn, if its writer gave one.
    external_id: Option<&'a ExternalId>,
    operation: &'static str,
    text: &'a str,
    extra: Option<&'a str>,
    state: DeliveryState,
    /// Whether the delivery is the first in the outbox of its conversation.
    first: bool,
}

/// A delivery in the state `sending`.
pub(super) struct SendingDelivery {
    pub(super) conversation: ConversationId,
    /// The number of the delivery's place.
    pub(super) place: i64,
    /// The approval, if the delivery shows one.
    pub(super) asks: Option<ApprovalId>,
}

impl WriteTransaction<'_> {
    /// Adds a delivery at the end of the conversation's outbox.
    pub(super) fn add_to_outbox(
        &mut self,
        conversation: &ConversationRow,
        turn: Option<TurnId>,
        delivery: &NewDelivery,
    ) -> rusqlite::Result<()> {
        let first = self.is_outbox_empty(conversation.id)?;
        let id = DeliveryId(self.next_seq().0);
        self.insert_new_delivery(
            id,
            conversation,
            turn,
            delivery,
            DeliveryState::Waiting,
            first,
        )
    }

    /// Adds a delivery. A `first` delivery is handed to its channel at once, if a slot is free.
    pub(super) fn add_to_outbox_or_send(
        &mut self,
        conversation: &ConversationRow,
        turn: TurnId,
        delivery: &NewDelivery,
        reply_route: &Value,
        first: bool,
    ) -> rusqlite::Result<()> {
        let id = DeliveryId(self.next_seq().0);
        let slot = self
            .memory
            .attached_process()
            .filter(|_| first)
            .and_then(|attached| attached.can.deliveries.take(&conversation.place.channel));
        let epoch = self.memory.current_epoch();
        let Some(slot) = slot else {
            let waiting = DeliveryState::Waiting;
            return self.insert_new_delivery(
                id,
                conversation,
                Some(turn),
                delivery,
                waiting,
                first,
            );
        };
        self.insert_new_delivery(
            id,
            conversation,
            Some(turn),
            delivery,
            DeliveryState::Sending,
            true,
        )?;
        let delivery = Delivery {
            id,
            conversation: conversation.id,
            place: conversation.place.clone(),
            persona: conversation.persona.clone(),
            message: Some(delivery.message),
            reply_route: reply_route.clone(),
            operation: delivery.operation.clone(),
            is_muted: conversation.is_muted,
            attempt: 1,
            epoch,
            maybe_repeated: false,
            at: self.wall,
        };
        self.effects.add_delivery(Outgoing { delivery, slot });
        Ok(())
    }

    /// Whether the outbox of the conversation is empty.
    pub(super) fn is_outbox_empty(&self, conversation: ConversationId) -> rusqlite::Result<bool> {
        let somebody = self.read_first(
            "SELECT 1 FROM delivery
             WHERE conversation = ?1 AND state IN ('waiting', 'sending', 'unknown') LIMIT 1",
            [conversation.0],
            |_| Ok(()),
        )?;
        Ok(somebody.is_none())
    }

    /// Adds an operation that answers no message at the end of the conversation's outbox.
    pub(super) fn add_operation(
        &mut self,
        conversation: &ConversationRow,
        operation: &Operation,
    ) -> rusqlite::Result<()> {
        let first = self.is_outbox_empty(conversation.id)?;
        let id = DeliveryId(self.next_seq().0);
        let extra = stored_fields(operation);
        self.insert_delivery_row(&NewDeliveryRow {
            id,
            conversation,
            turn: None,
            message: None,
            external_id: None,
            operation: operation.kind(),
            text: stored_text(operation),
            extra: extra.as_deref(),
            state: DeliveryState::Waiting,
            first,
        })
    }

    fn insert_new_delivery(
        &mut self,
        id: DeliveryId,
        conversation: &ConversationRow,
        turn: Option<TurnId>,
        delivery: &NewDelivery,
        state: DeliveryState,
        first: bool,
    ) -> rusqlite::Result<()> {
        let extra = stored_fields(&delivery.operation);
        self.insert_delivery_row(&NewDeliveryRow {
            id,
            conversation,
            turn,
            message: Some(delivery.message),
            external_id: None,
            operation: delivery.operation.kind(),
            text: stored_text(&delivery.operation),
            extra: extra.as_deref(),
            state,
            first,
        })
    }

    /// Adds a reply that was written outside of a turn.
    pub(super) fn add_posted_reply(
        &mut self,
        conversation: &ConversationRow,
        message: Option<MessageId>,
        external_id: Option<&ExternalId>,
        text: &str,
        extra: Option<&str>,
    ) -> rusqlite::Result<DeliveryId> {
        let first = self.is_outbox_empty(conversation.id)?;
        let id = DeliveryId(self.next_seq().0);
        self.insert_delivery_row(&NewDeliveryRow {
            id,
            conversation,
            turn: None,
            message,
            external_id,
            operation: "reply",
            text,
            extra,
            state: DeliveryState::Waiting,
            first,
        })?;
        Ok(id)
    }

    fn insert_delivery_row(&mut self, new: &NewDeliveryRow<'_>) -> rusqlite::Result<()> {
        let channel = &new.conversation.place.channel;
        // A channel without configuration would never send the delivery.
        let (state, first, reason) = if self.memory.has_channel(channel) {
            (new.state, new.first, None)
        } else {
            let reason = notice::nobody_carries(channel);
            (DeliveryState::Dead, false, Some(reason))
        };
        self.count_delivery(new.conversation.place_id, None, Some(state));
        self.run(
            "INSERT INTO delivery (id, conversation, place, account, channel, message, turn,
                                   external_id, operation, text, extra, state, attempts, first, at,
                                   reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            params![
                new.id.0,
                new.conversation.id.0,
                new.conversation.place_id,
                new.conversation.account_id,
                channel.as_str(),
                new.message.map(|message| message.0),
                new.turn.map(|turn| turn.0),
                new.external_id.map(ExternalId::as_str),
                new.operation,
                new.text,
                new.extra,
                state.as_str(),
                u32::from(state == DeliveryState::Sending),
                first,
                self.wall.0,
                reason
            ],
        )?;
        debug_assert!(
            self.has_one_first_delivery(new.conversation.id)?,
            "the outbox is in order: a new delivery is the first only in an empty outbox"
        );
        Ok(())
    }

    /// Reads the delivery of the current attempt, and refuses every other attempt. A delivery in the state
    /// `sending` always belongs to the current epoch, because a new epoch ends this state.
    pub(super) fn read_sending_delivery(
        &self,
        attempt: DeliveryAttempt,
    ) -> Result<SendingDelivery, WriteFailure<OutcomeError>> {
        let outdated = || WriteFailure::Refused(OutcomeError::Outdated(attempt));
        if attempt.epoch != self.memory.current_epoch() {
            return Err(outdated());
        }
        let sending = self.read_first(
            "SELECT conversation, place, iif(operation = 'question', extra ->> 'approval', NULL)
             FROM delivery WHERE id = ?1 AND attempts = ?2 AND state = 'sending'",
            params![attempt.delivery.0, attempt.number],
            |row| {
                Ok(SendingDelivery {
                    conversation: ConversationId(row.get(0)?),
                    place: row.get(1)?,
                    asks: row.get::<_, Option<i64>>(2)?.map(ApprovalId),
                })
            },
        )?;
        sending.ok_or_else(outdated)
    }

    /// Marks the next delivery of an outbox as the first.
    pub(super) fn advance_outbox(&self, conversation: ConversationId) -> rusqlite::Result<()> {
        self.run(
            "UPDATE delivery SET first = 1 WHERE id = (
                 SELECT id FROM delivery
                 WHERE conversation = ?1 AND state IN ('waiting', 'sending', 'unknown')
                 ORDER BY id LIMIT 1)",
            [conversation.0],
        )?;
        debug_assert!(
            self.has_one_first_delivery(conversation)?,
            "the outbox is in order: when a delivery leaves, the next one is the first"
        );
        Ok(())
    }

    /// Moves the oldest ready delivery of a channel to the state `sending`.
    pub(super) fn claim_next_delivery(
        &mut self,
        channel: &ChannelName,
    ) -> rusqlite::Result<Option<Delivery>> {
        let epoch = self.memory.current_epoch();
        let ready = self.read_first(
            "SELECT d.id, d.conversation, a.channel, a.name, p.address, c.persona, d.message,
                    m.reply_route, d.operation, d.text, d.extra, d.attempts, d.maybe_repeated,
                    d.at, c.muted, d.place, d.state
             FROM delivery d
             JOIN conversation c ON c.id = d.conversation
             JOIN place p ON p.id = c.place
             JOIN account a ON a.id = p.account
             LEFT JOIN message m ON m.id = d.message
             WHERE d.channel = ?1 AND d.first = 1 AND d.held_until IS NULL
               AND d.state IN ('waiting', 'unknown')
             ORDER BY d.id LIMIT 1",
            [channel.as_str()],
            |row| {
                Ok((
                    read_delivery(row, epoch)?,
                    row.get(15)?,
                    read_delivery_state(row, 16)?,
                ))
            },
        )?;
        let Some((delivery, place, from)) = ready else {
            return Ok(None);
        };
        self.run(
            "UPDATE delivery SET state = 'sending', attempts = attempts + 1 WHERE id = ?1",
            [delivery.id.0],
        )?;
        self.count_delivery(place, Some(from), Some(DeliveryState::Sending));
        debug_assert!(
            self.has_one_first_delivery(delivery.conversation)?,
            "the outbox is in order: only the first delivery is sent"
        );
        Ok(Some(delivery))
    }
}

fn read_delivery(row: &Row<'_>, epoch: Epoch) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: DeliveryId(row.get(0)?),
        conversation: ConversationId(row.get(1)?),
        place: read_place(row, 2)?,
        persona: read_text(row, 5)?.into(),
        message: row.get::<_, Option<i64>>(6)?.map(MessageId),
        reply_route: read_json(row, 7)?,
        operation: read_operation(row, 8)?,
        is_muted: row.get(14)?,
        attempt: row.get::<_, u32>(11)? + 1,
        epoch,
        maybe_repeated: row.get(12)?,
        at: Wall(row.get(13)?),
    })
}
