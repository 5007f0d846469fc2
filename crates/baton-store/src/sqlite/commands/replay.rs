//! Replays a dead letter, or a withdrawn or refused message.

use baton_core::delivery::DeliveryState;
use baton_core::id::{ConversationId, Seq};
use baton_core::message::{Message, MessageState};
use baton_core::name::{ChannelName, PersonId};
use baton_core::store::{Action, ControlError, Subject};

use crate::sqlite::failure::Failure;
use crate::sqlite::lanes::Lane;
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
        match tx.letter(self.id)? {
            Letter::Message(message) => self.message(tx, &message.0, &message.1),
            Letter::Delivery {
                conversation,
                place,
                state,
            } => self.delivery(tx, conversation, place, state),
        }
    }
}

/// Refuses a replay for a channel that is not configured, because the message would wait for ever.
fn carried(tx: &Tx<'_>, id: Seq, channel: &ChannelName) -> Result<(), Failure<ControlError>> {
    if tx.memory.can_carry(channel) {
        return Ok(());
    }
    let channel = channel.clone();
    Err(Failure::Refused(ControlError::NobodyCarries {
        id,
        channel,
    }))
}

impl Command {
    fn message(
        &self,
        tx: &mut Tx<'_>,
        found: &Message,
        lane: &Lane,
    ) -> Result<Subject, Failure<ControlError>> {
        let (id, by) = (self.id, &self.by);
        let was = found.state.as_str();
        if !matches!(
            found.state,
            MessageState::Dead | MessageState::Withdrawn | MessageState::Refused
        ) {
            return Err(not_possible(id, was, Action::Replay));
        }
        if !tx.memory.can_answer(&lane.persona) {
            let persona = lane.persona.clone();
            return Err(Failure::Refused(ControlError::NobodyAnswers {
                id,
                persona,
            }));
        }
        carried(tx, id, &lane.place.channel)?;
        let reason = found.reason.as_deref().unwrap_or("no reason was kept");
        let detail: Option<Option<String>> = tx.first(
            "SELECT detail FROM turn WHERE id = (SELECT turn FROM message WHERE id = ?1)",
            [id.0],
            |row| row.get(0),
        )?;
        let what = format!("was {was} ({reason}), replayed by {by}");
        tx.event_with_detail(id, &what, detail.flatten().as_deref())?;
        // Without a turn, the next try gets no warning about the effects of an earlier try.
        tx.run(
            "UPDATE message SET attempts = 0, unavailable = 0, turn = NULL WHERE id = ?1",
            [id.0],
        )?;
        tx.set_state(lane, found.id, MessageState::Waiting, None)?;
        tx.refresh_head(lane.id)?;
        if lane.head.is_none() {
            tx.may_be_claimable(lane);
        }
        Ok(Subject::Message)
    }

    fn delivery(
        &self,
        tx: &mut Tx<'_>,
        conversation: ConversationId,
        place: i64,
        state: DeliveryState,
    ) -> Result<Subject, Failure<ControlError>> {
        let (id, by) = (self.id, &self.by);
        if state != DeliveryState::Dead {
            return Err(not_possible(id, state.as_str(), Action::Replay));
        }
        if let Some(lane) = tx.lane(conversation)? {
            carried(tx, id, &lane.place.channel)?;
        }
        tx.event(id, &format!("replayed by {by}"))?;
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
        let sending = tx.first(
            "SELECT 1 FROM delivery WHERE conversation = ?1 AND state = 'sending'",
            [conversation.0],
            |_| Ok(()),
        )?;
        if sending.is_none() {
            tx.advance_line(conversation)?;
        }
        Ok(Subject::Delivery)
    }
}
