//! Replays a dead letter, or a withdrawn or refused message.

use baton_core::delivery::DeliveryState;
use baton_core::id::{ConversationId, Seq};
use baton_core::message::{Message, MessageState};
use baton_core::name::{ChannelName, PersonId};
use baton_core::store::{Action, ControlError, Subject};

use crate::sqlite::conversation_rows::ConversationRow;
use crate::sqlite::dead_letter_target::{DeadLetterTarget, not_possible};
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ReplayCommand {
    pub(in crate::sqlite) id: Seq,
    pub(in crate::sqlite) by: PersonId,
}

impl WriteCommand for ReplayCommand {
    type Answer = Subject;
    type Error = ControlError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Subject, WriteFailure<ControlError>> {
        match tx.read_dead_letter_target(self.id)? {
            DeadLetterTarget::Message(message) => self.replay_message(tx, &message.0, &message.1),
            DeadLetterTarget::Delivery {
                conversation,
                place,
                state,
            } => self.replay_delivery(tx, conversation, place, state),
        }
    }
}

/// Refuses a replay for a channel that is not configured, because the message would wait for ever.
fn require_channel(
    tx: &WriteTransaction<'_>,
    id: Seq,
    channel: &ChannelName,
) -> Result<(), WriteFailure<ControlError>> {
    if tx.memory.has_channel(channel) {
        return Ok(());
    }
    let channel = channel.clone();
    Err(WriteFailure::Refused(ControlError::NobodyCarries {
        id,
        channel,
    }))
}

impl ReplayCommand {
    fn replay_message(
        &self,
        tx: &mut WriteTransaction<'_>,
        found: &Message,
        conversation: &ConversationRow,
    ) -> Result<Subject, WriteFailure<ControlError>> {
        let (id, by) = (self.id, &self.by);
        let was = found.state.as_str();
        if !matches!(
            found.state,
            MessageState::Dead | MessageState::Withdrawn | MessageState::Refused
        ) {
            return Err(not_possible(id, was, Action::Replay));
        }
        if !tx.memory.has_persona(&conversation.persona) {
            let persona = conversation.persona.clone();
            return Err(WriteFailure::Refused(ControlError::NobodyAnswers {
                id,
                persona,
            }));
        }
        require_channel(tx, id, &conversation.place.channel)?;
        let reason = found.reason.as_deref().unwrap_or("no reason was recorded");
        let detail: Option<Option<String>> = tx.read_first(
            "SELECT detail FROM turn WHERE id = (SELECT turn FROM message WHERE id = ?1)",
            [id.0],
            |row| row.get(0),
        )?;
        let what = format!("was {was} ({reason}), replayed by {by}");
        tx.record_event_with_detail(id, &what, detail.flatten().as_deref())?;
        // Without a turn, the next try gets no warning about the effects of an earlier try.
        tx.run(
            "UPDATE message SET attempts = 0, unavailable = 0, turn = NULL WHERE id = ?1",
            [id.0],
        )?;
        tx.set_message_state(conversation, found.id, MessageState::Waiting, None)?;
        tx.refresh_head(conversation.id)?;
        if conversation.head.is_none() {
            tx.queue_claimable_check(conversation);
        }
        Ok(Subject::Message)
    }

    fn replay_delivery(
        &self,
        tx: &mut WriteTransaction<'_>,
        conversation: ConversationId,
        place: i64,
        state: DeliveryState,
    ) -> Result<Subject, WriteFailure<ControlError>> {
        let (id, by) = (self.id, &self.by);
        if state != DeliveryState::Dead {
            return Err(not_possible(id, state.as_str(), Action::Replay));
        }
        if let Some(conversation) = tx.read_conversation(conversation)? {
            require_channel(tx, id, &conversation.place.channel)?;
        }
        tx.record_event(id, &format!("replayed by {by}"))?;
        tx.run(
            // A part of a long reply may have been sent already.
            "UPDATE delivery SET state = 'waiting', attempts = 0, reason = NULL, first = 0,
                    maybe_repeated = max(maybe_repeated, attempts > 0)
             WHERE id = ?1",
            [id.0],
        )?;
        tx.count_delivery(place, Some(state), Some(DeliveryState::Waiting));
        // The delivery returns to its old place, before all waiting deliveries. The statement lists all three
        // states, so that the index `delivery_line` applies.
        tx.run(
            "UPDATE delivery SET first = 0
             WHERE conversation = ?1 AND first = 1
               AND state IN ('waiting', 'sending', 'unknown') AND state <> 'sending'",
            [conversation.0],
        )?;
        let sending = tx.read_first(
            "SELECT 1 FROM delivery WHERE conversation = ?1 AND state = 'sending'",
            [conversation.0],
            |_| Ok(()),
        )?;
        if sending.is_none() {
            tx.advance_outbox(conversation)?;
        }
        Ok(Subject::Delivery)
    }
}
