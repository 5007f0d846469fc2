//! Stops a message: withdraws a waiting message, or ends the turn of a worker.

use baton_core::id::{MessageId, TurnId};
use baton_core::message::{Message, MessageState};
use baton_core::name::PersonId;
use baton_core::store::{Action, ControlError, Stopped};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::lanes::Lane;
use crate::sqlite::rows::message;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) message: MessageId,
    pub(in crate::sqlite) by: PersonId,
}

impl writer::Command for Command {
    type Answer = Stopped;
    type Error = ControlError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Stopped, Failure<ControlError>> {
        let id = self.message;
        let unknown = || Failure::Refused(ControlError::Unknown(id.into()));
        let found = message(tx.connection, id)?.ok_or_else(unknown)?;
        let lane = tx.lane(found.conversation)?.ok_or_else(unknown)?;
        let reason = format!("stopped by {}", self.by);
        match (found.state, found.turn) {
            (MessageState::Waiting, _) => {
                withdraw(tx, &lane, &found, &reason)?;
                Ok(Stopped::Withdrawn)
            }
            (MessageState::Running, Some(turn)) => {
                if in_process(tx, turn)? {
                    return Ok(Stopped::Running(turn));
                }
                tx.run(
                    "UPDATE turn SET state = 'cancelled', ended_at = ?2, reason = ?3 WHERE id = ?1",
                    params![turn.0, tx.wall.0, reason],
                )?;
                for (message, ..) in tx.messages_of(turn)? {
                    tx.set_state(&lane, message, MessageState::Withdrawn, Some(&reason))?;
                }
                tx.run(
                    "UPDATE conversation SET running = NULL WHERE id = ?1",
                    [lane.id.0],
                )?;
                tx.go_to_the_end(lane.id)?;
                tx.may_be_claimable(&lane);
                Ok(Stopped::Withdrawn)
            }
            (state, _) => Err(Failure::Refused(ControlError::NotPossible {
                id: id.into(),
                state: state.as_str().to_owned(),
                action: Action::Stop,
            })),
        }
    }
}

/// Withdraws a waiting message.
pub(super) fn withdraw(
    tx: &mut Tx<'_>,
    lane: &Lane,
    waiting: &Message,
    reason: &str,
) -> rusqlite::Result<()> {
    tx.set_state(lane, waiting.id, MessageState::Withdrawn, Some(reason))?;
    tx.refresh_head(lane.id)?;
    if lane.head == Some(waiting.id.0) && waiting.attempts > 0 {
        // The pause was for this message, so later messages need not wait for its end.
        tx.run(
            "UPDATE conversation SET held_until = NULL, held_since = NULL WHERE id = ?1",
            [lane.id.0],
        )?;
        tx.may_be_claimable(lane);
    }
    Ok(())
}

fn in_process(tx: &Tx<'_>, turn: TurnId) -> rusqlite::Result<bool> {
    let ours = tx.first(
        "SELECT 1 FROM turn WHERE id = ?1 AND worker IS NULL",
        [turn.0],
        |_| Ok(()),
    )?;
    Ok(ours.is_some())
}
