//! Stops a message: withdraws a waiting message, or ends the turn of a worker.

use baton_core::id::{MessageId, TurnId};
use baton_core::message::{Message, MessageState};
use baton_core::name::PersonId;
use baton_core::store::{Action, ControlError, Stopped, TurnEffect};
use rusqlite::params;

use crate::sqlite::conversation_rows::ConversationRow;
use crate::sqlite::row_values::read_message;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct StopCommand {
    pub(in crate::sqlite) message: MessageId,
    pub(in crate::sqlite) by: PersonId,
}

impl WriteCommand for StopCommand {
    type Answer = Stopped;
    type Error = ControlError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Stopped, WriteFailure<ControlError>> {
        let id = self.message;
        let unknown = || WriteFailure::Refused(ControlError::Unknown(id.into()));
        let found = read_message(tx.connection, id)?.ok_or_else(unknown)?;
        let conversation = tx
            .read_conversation(found.conversation)?
            .ok_or_else(unknown)?;
        let reason = format!("stopped by {}", self.by);
        match (found.state, found.turn) {
            (MessageState::Waiting, _) => {
                withdraw_message(tx, &conversation, &found, &reason)?;
                Ok(Stopped::Withdrawn)
            }
            (MessageState::Running, Some(turn)) => {
                if is_held_by_process(tx, turn)? {
                    let effect = TurnEffect::Stop(turn, self.by.clone());
                    tx.effects.add_turn_effect(effect);
                    return Ok(Stopped::Running(turn));
                }
                tx.run(
                    "UPDATE turn SET state = 'cancelled', ended_at = ?2, reason = ?3 WHERE id = ?1",
                    params![turn.0, tx.wall.0, reason],
                )?;
                for (message, ..) in tx.read_turn_messages(turn)? {
                    tx.set_message_state(
                        &conversation,
                        message,
                        MessageState::Withdrawn,
                        Some(&reason),
                    )?;
                }
                tx.run(
                    "UPDATE conversation SET running = NULL WHERE id = ?1",
                    [conversation.id.0],
                )?;
                tx.requeue_conversation(conversation.id)?;
                tx.queue_claimable_check(&conversation);
                Ok(Stopped::Withdrawn)
            }
            (state, _) => Err(WriteFailure::Refused(ControlError::NotPossible {
                id: id.into(),
                state: state.as_str().to_owned(),
                action: Action::Stop,
            })),
        }
    }
}

/// Withdraws a waiting message.
pub(super) fn withdraw_message(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    waiting: &Message,
    reason: &str,
) -> rusqlite::Result<()> {
    tx.set_message_state(
        conversation,
        waiting.id,
        MessageState::Withdrawn,
        Some(reason),
    )?;
    tx.refresh_head(conversation.id)?;
    if conversation.head == Some(waiting.id.0) && waiting.attempts > 0 {
        // The pause was for this message, so later messages need not wait for its end.
        tx.run(
            "UPDATE conversation SET held_until = NULL, held_since = NULL WHERE id = ?1",
            [conversation.id.0],
        )?;
        tx.queue_claimable_check(conversation);
    }
    Ok(())
}

fn is_held_by_process(tx: &WriteTransaction<'_>, turn: TurnId) -> rusqlite::Result<bool> {
    let ours = tx.read_first(
        "SELECT 1 FROM turn WHERE id = ?1 AND worker IS NULL",
        [turn.0],
        |_| Ok(()),
    )?;
    Ok(ours.is_some())
}
