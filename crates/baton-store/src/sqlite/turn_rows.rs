//! SQL for turns: begins a turn for waiting messages, and takes a turn back from a lost holder.

use baton_core::clock::Steady;
use baton_core::id::{ConversationId, Epoch, Fence, MessageId, TurnId};
use baton_core::message::{Message, MessageState, Priority};
use baton_core::name::{PersonaName, WorkerId};
use baton_core::notice;
use baton_core::place::{Place, QueueMode};
use baton_core::store::Change;
use baton_core::turn::{Claim, Tries, TurnState};
use rusqlite::{ErrorCode, params};

use super::conversation_rows::ConversationRow;
use super::row_values::{message_columns, read_message_in, read_message_state};
use super::write_transaction::WriteTransaction;

/// The most messages in one turn, so that the prompt stays readable.
const MESSAGES_A_TURN: u32 = 100;

/// The first waiting message of a conversation, and the priority of the message.
type LineHead = (MessageId, Priority);

/// The holder of a turn.
#[derive(Clone, Debug)]
pub(super) enum TurnHolder {
    /// This process.
    Process(Epoch),
    /// An outside worker, and the length of its lease in milliseconds.
    Worker(WorkerId, i64),
}

impl WriteTransaction<'_> {
    /// Begins a turn for the first messages of a conversation. Returns `None` if a turn runs already. A
    /// unique index ensures this.
    pub(super) fn begin_turn(
        &mut self,
        conversation: &ConversationRow,
        holder: &TurnHolder,
    ) -> rusqlite::Result<Option<Claim>> {
        let (messages, next) = self.read_next_messages(conversation)?;
        let Some(first) = messages.first() else {
            return Ok(None);
        };
        let interrupted = match first.turn {
            Some(turn) => self.was_cut_off_during_effects(turn)?,
            None => false,
        };
        let tries = next_try(&messages);
        let mut claim = Claim {
            turn: TurnId(self.next_seq().0),
            conversation: conversation.id,
            place: conversation.place.clone(),
            persona: conversation.persona.clone(),
            agent: conversation.agent.clone(),
            messages,
            session: conversation.session.as_deref().map(Into::into),
            model: conversation.model.clone(),
            generation: conversation.generation,
            fence: Fence(conversation.fence.0 + 1),
            attempt: tries.number,
            unavailable: tries.unavailable,
            interrupted,
        };
        if !self.insert_turn(conversation, &claim, holder)? {
            return Ok(None);
        }
        for message in &mut claim.messages {
            self.begin_message(conversation, message, claim.turn, holder)?;
        }
        self.record_turn_start(&claim, next)?;
        Ok(Some(claim))
    }

    /// The messages for the next turn of a conversation, and the head of the messages after them.
    fn read_next_messages(
        &self,
        conversation: &ConversationRow,
    ) -> rusqlite::Result<(Vec<Message>, Option<LineHead>)> {
        let limit = match conversation.mode {
            QueueMode::Queue | QueueMode::Steer => 1,
            QueueMode::Collect { .. } | QueueMode::Interrupt => MESSAGES_A_TURN,
        };
        let mut messages = self.read_all(
            concat!(
                "SELECT ",
                message_columns!(),
                " FROM message m WHERE m.conversation = ?1 AND m.state = 'waiting'
                 ORDER BY m.priority DESC, m.id LIMIT ?2"
            ),
            // One more message determines the next head.
            params![conversation.id.0, limit + 1],
            |row| read_message_in(row, &conversation.place, &conversation.persona),
        )?;
        let taken = count_joined_messages(&messages).min(limit as usize);
        let next = messages.get(taken).map(|next| (next.id, next.priority));
        messages.truncate(taken);
        Ok((messages, next))
    }

    /// Inserts the row of a turn. Returns `false` if another turn of the conversation runs.
    fn insert_turn(
        &mut self,
        conversation: &ConversationRow,
        claim: &Claim,
        holder: &TurnHolder,
    ) -> rusqlite::Result<bool> {
        let (epoch, worker, lease) = match holder {
            TurnHolder::Process(epoch) => (Some(epoch.0), None, None),
            TurnHolder::Worker(worker, lease) => (None, Some(worker.as_str()), Some(*lease)),
        };
        let until = lease.map(|lease| Steady(self.steady.0.saturating_add(lease)));
        let inserted = self.run(
            "INSERT INTO turn (id, conversation, agent, attempt, fence, generation, state, epoch,
                               worker, lease_ms, lease_until, effects, started_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, 'running', ?7, ?8, ?9, ?10, ?11, ?12)",
            params![
                claim.turn.0,
                claim.conversation.0,
                claim.agent.as_str(),
                claim.attempt,
                claim.fence.0,
                claim.generation.0,
                epoch,
                worker,
                lease,
                until.map(|until| until.0),
                // A new try does not undo the effects of an earlier one.
                claim.interrupted,
                self.wall.0
            ],
        );
        match inserted {
            Ok(()) => {}
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
                debug_assert!(
                    conversation.running.is_some(),
                    "one turn per conversation: the conversation names the turn that runs, not {error}"
                );
                return Ok(false);
            }
            Err(error) => return Err(error),
        }
        if let Some(until) = until {
            self.add_deadline(until);
        }
        Ok(true)
    }

    /// Moves a waiting message into a turn, and changes `message` in the same way.
    fn begin_message(
        &mut self,
        conversation: &ConversationRow,
        message: &mut Message,
        turn: TurnId,
        holder: &TurnHolder,
    ) -> rusqlite::Result<()> {
        self.run(
            "UPDATE message SET state = 'running', reason = NULL, turn = ?2,
                 attempts = attempts + 1, claims = claims + ?3 WHERE id = ?1",
            params![
                message.id.0,
                turn.0,
                matches!(holder, TurnHolder::Worker(..))
            ],
        )?;
        self.count_message(conversation.place_id, message.state, MessageState::Running);
        message.state = MessageState::Running;
        message.reason = None;
        message.turn = Some(turn);
        message.attempts += 1;
        self.publish_message_state(
            &conversation.place,
            &conversation.persona,
            message.id,
            MessageState::Running,
        );
        Ok(())
    }

    /// Whether a turn was interrupted after the beginning of its side effects.
    fn was_cut_off_during_effects(&self, turn: TurnId) -> rusqlite::Result<bool> {
        let cut_off = self.read_first(
            "SELECT 1 FROM turn WHERE id = ?1 AND effects = 1 AND state <> 'done'",
            [turn.0],
            |_| Ok(()),
        )?;
        Ok(cut_off.is_some())
    }

    /// Records the running turn in its conversation. `next` is the head of the messages that still wait.
    fn record_turn_start(&self, claim: &Claim, next: Option<LineHead>) -> rusqlite::Result<()> {
        let (head, priority) = next.unzip();
        self.run(
            "UPDATE conversation SET running = ?2, fence = ?3, head = ?4, head_priority = ?5,
                 waiting = waiting - ?6, held_until = NULL, held_since = NULL,
                 in_line_since = iif(?4 IS NULL, NULL, in_line_since) WHERE id = ?1",
            params![
                claim.conversation.0,
                claim.turn.0,
                claim.fence.0,
                head.map(|head| head.0),
                priority.map(u8::from),
                i64::try_from(claim.messages.len()).unwrap_or(i64::MAX)
            ],
        )
    }

    /// Takes a turn back from a lost holder. Its messages wait again, or are dead after their last try.
    pub(super) fn take_back_turn(
        &mut self,
        turn: TurnId,
        conversation: ConversationId,
        why: &str,
    ) -> rusqlite::Result<()> {
        // Without an attached process, the number of tries is unknown, so no message is given up.
        let holder = self.memory.attached_process();
        let attempts = holder.map_or(u32::MAX, |attached| attached.can.attempts);
        self.run(
            "UPDATE turn SET state = ?2, ended_at = ?3, reason = ?4 WHERE id = ?1",
            params![turn.0, TurnState::Interrupted.as_str(), self.wall.0, why],
        )?;
        let Some(conversation) = self.read_conversation(conversation)? else {
            return Ok(());
        };
        for (message, tried, unavailable) in self.read_turn_messages(turn)? {
            self.record_event(
                message.into(),
                &format!("turn {turn} was interrupted: {why}"),
            )?;
            if tried.saturating_sub(unavailable) < attempts {
                self.set_message_state(&conversation, message, MessageState::Waiting, Some(why))?;
            } else {
                let reason = notice::HOLDER_GONE;
                self.set_message_state(&conversation, message, MessageState::Dead, Some(reason))?;
                self.add_to_outbox(
                    &conversation,
                    None,
                    &notice::gave_up(message, tried, reason),
                )?;
            }
        }
        self.run(
            "UPDATE conversation SET running = NULL WHERE id = ?1",
            [conversation.id.0],
        )?;
        self.refresh_head(conversation.id)?;
        self.requeue_conversation(conversation.id)?;
        self.give_up_unanswerable(&conversation)?;
        self.queue_claimable_check(&conversation);
        Ok(())
    }

    /// The running messages of a turn, each with its number of tries, and the number of tries with an
    /// unavailable agent.
    pub(super) fn read_turn_messages(
        &self,
        turn: TurnId,
    ) -> rusqlite::Result<Vec<(MessageId, u32, u32)>> {
        self.read_all(
            "SELECT id, attempts, unavailable FROM message
             WHERE turn = ?1 AND state = 'running' ORDER BY id",
            [turn.0],
            |row| Ok((MessageId(row.get(0)?), row.get(1)?, row.get(2)?)),
        )
    }

    /// Changes the state of one message.
    pub(super) fn set_message_state(
        &mut self,
        conversation: &ConversationRow,
        message: MessageId,
        state: MessageState,
        reason: Option<&str>,
    ) -> rusqlite::Result<()> {
        let from = self
            .read_first(
                "SELECT state FROM message WHERE id = ?1",
                [message.0],
                |row| read_message_state(row, 0),
            )?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        self.run(
            "UPDATE message SET state = ?2, reason = ?3 WHERE id = ?1",
            params![message.0, state.as_str(), reason],
        )?;
        self.count_message(conversation.place_id, from, state);
        self.publish_message_state(&conversation.place, &conversation.persona, message, state);
        match state {
            // No later turn can take over the open approvals of this message.
            MessageState::Dead | MessageState::Withdrawn => {
                self.expire_message_approvals(conversation, message)
            }
            _ => Ok(()),
        }
    }

    /// Announces the new state of a message.
    pub(super) fn publish_message_state(
        &mut self,
        place: &Place,
        persona: &PersonaName,
        message: MessageId,
        state: MessageState,
    ) {
        self.effects.add_change(Change::Moved {
            place: place.clone(),
            persona: persona.clone(),
            message,
            state,
        });
    }
}

/// The next try of these messages together. The message with the most tries determines the number.
fn next_try(messages: &[Message]) -> Tries {
    let most = |count: fn(&Message) -> u32| messages.iter().map(count).max().unwrap_or_default();
    Tries {
        number: most(|message| message.attempts) + 1,
        unavailable: most(|message| message.unavailable),
    }
}

/// The number of waiting messages for the next turn. A message with a failed try gets its own turn, so that
/// its failure does not affect other messages.
fn count_joined_messages(waiting: &[Message]) -> usize {
    match waiting.first() {
        Some(first) if first.attempts > 0 => 1,
        _ => waiting
            .iter()
            .take_while(|message| message.attempts == 0)
            .count(),
    }
}
