//! Ends a turn, and records all of its results.

use baton_core::clock::Steady;
use baton_core::delivery::NewDelivery;
use baton_core::id::MessageId;
use baton_core::message::MessageState;
use baton_core::name::AgentName;
use baton_core::slots::Slot;
use baton_core::store::{Finish, LeaseError};
use baton_core::turn::{TurnEnd, Usage};
use rusqlite::params;
use serde_json::Value;

use crate::sqlite::conversation_rows::{ConversationRow, HeldConversation};
use crate::sqlite::row_values::read_json;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct FinishCommand {
    pub(in crate::sqlite) finish: Finish,
    pub(in crate::sqlite) slot: Option<Slot<AgentName>>,
}

impl WriteCommand for FinishCommand {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<(), WriteFailure<LeaseError>> {
        // The end of this commit can already use the slot.
        drop(self.slot.take());
        let finish = &self.finish;
        let held = tx.read_held_conversation(finish.turn, finish.fence)?;
        end_turn(tx, finish)?;
        tx.record_session(&held.conversation, finish.turn, &finish.session)?;
        let (back, routes) = end_messages(tx, &held.conversation, finish)?;
        let mut first = held.outbox_is_empty;
        if held.asks && finish.end != TurnEnd::Interrupted {
            tx.expire_turn_approvals(finish.turn)?;
            // The outcomes of the approvals are sent before the reply.
            first = tx.is_outbox_empty(held.conversation.id)?;
        }
        record_deliveries(tx, &held, finish, &routes, first)?;
        record_usage(tx, &held.conversation, finish)?;
        free_conversation(tx, &held.conversation, finish, back)?;
        Ok(())
    }
}

fn end_turn(tx: &WriteTransaction<'_>, finish: &Finish) -> rusqlite::Result<()> {
    let usage = (finish.usage != Usage::default())
        .then(|| serde_json::to_string(&finish.usage))
        .transpose()
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))?;
    // The detail of a try with a retry is recorded as an event of its messages.
    let is_last = !matches!(finish.end, TurnEnd::Retry { .. });
    let detail = finish.detail.as_deref().filter(|_| is_last);
    tx.run(
        "UPDATE turn SET state = ?2, ended_at = ?3, reason = ?4, detail = ?5, usage = ?6 WHERE id = ?1",
        params![
            finish.turn.0,
            finish.end.state().as_str(),
            tx.wall.0,
            finish.end.reason(),
            detail,
            usage
        ],
    )
}

/// The reply route of each message, as recorded at its arrival.
type ReplyRoutes = Vec<(MessageId, Value)>;

/// Gives every message of the turn its new state. Returns whether any message waits again, and the reply
/// routes.
fn end_messages(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    finish: &Finish,
) -> rusqlite::Result<(bool, ReplyRoutes)> {
    let (state, reason) = match &finish.end {
        TurnEnd::Done => (MessageState::Answered, None),
        TurnEnd::Retry { reason, .. } => (MessageState::Waiting, Some(reason)),
        TurnEnd::Dead { reason } => (MessageState::Dead, Some(reason)),
        TurnEnd::Cancelled { reason } => (MessageState::Withdrawn, Some(reason)),
        TurnEnd::Interrupted => (MessageState::Waiting, None),
    };
    // RETURNING would build a temporary table.
    let messages: ReplyRoutes = tx.read_all(
        "SELECT id, reply_route FROM message WHERE turn = ?1 AND state = 'running' ORDER BY id",
        [finish.turn.0],
        |row| Ok((MessageId(row.get(0)?), read_json(row, 1)?)),
    )?;
    tx.run(
        "UPDATE message SET state = ?2, reason = ?3 WHERE turn = ?1 AND state = 'running'",
        params![finish.turn.0, state.as_str(), reason],
    )?;
    let mut back = state == MessageState::Waiting;
    for (message, _) in &messages {
        let message = *message;
        let taken = finish.taken.contains(&message);
        if taken {
            record_try(tx, finish, message)?;
        }
        let counts = taken && finish.end != TurnEnd::Interrupted;
        if !counts {
            return_without_try(tx, message)?;
            back = true;
        }
        if !taken {
            // The message has no part in the results of this turn.
            tx.run("UPDATE message SET turn = NULL WHERE id = ?1", [message.0])?;
        }
        let state = if counts { state } else { MessageState::Waiting };
        tx.count_message(conversation.place_id, MessageState::Running, state);
        tx.publish_message_state(&conversation.place, &conversation.persona, message, state);
    }
    Ok((back, messages))
}

/// Records a failed or interrupted try of a message that the agent took.
fn record_try(
    tx: &mut WriteTransaction<'_>,
    finish: &Finish,
    message: MessageId,
) -> rusqlite::Result<()> {
    match &finish.end {
        TurnEnd::Retry {
            reason,
            unavailable,
            ..
        } => {
            if *unavailable {
                tx.run(
                    "UPDATE message SET unavailable = unavailable + 1 WHERE id = ?1",
                    [message.0],
                )?;
            }
            let what = format!("turn {} failed: {reason}", finish.turn);
            tx.record_event_with_detail(message.into(), &what, finish.detail.as_deref())
        }
        TurnEnd::Interrupted => {
            let what = format!("turn {} was interrupted: the program stopped", finish.turn);
            tx.record_event(message.into(), &what)
        }
        TurnEnd::Done | TurnEnd::Dead { .. } | TurnEnd::Cancelled { .. } => Ok(()),
    }
}

/// The message waits, and this try does not count.
fn return_without_try(tx: &WriteTransaction<'_>, message: MessageId) -> rusqlite::Result<()> {
    tx.run(
        "UPDATE message SET state = 'waiting', reason = NULL, attempts = attempts - 1
         WHERE id = ?1",
        [message.0],
    )
}

fn record_deliveries(
    tx: &mut WriteTransaction<'_>,
    held: &HeldConversation,
    finish: &Finish,
    routes: &ReplyRoutes,
    mut first: bool,
) -> rusqlite::Result<()> {
    for delivery in &finish.deliveries {
        if held.by_worker && is_already_posted(tx, delivery)? {
            continue;
        }
        let route = routes
            .iter()
            .find(|(message, _)| *message == delivery.message);
        match route {
            Some((_, route)) => {
                tx.add_to_outbox_or_send(&held.conversation, finish.turn, delivery, route, first)?;
            }
            None => tx.add_to_outbox(&held.conversation, Some(finish.turn), delivery)?,
        }
        first = false;
    }
    Ok(())
}

/// Whether a worker has already posted this reply, before the end of its turn.
fn is_already_posted(tx: &WriteTransaction<'_>, delivery: &NewDelivery) -> rusqlite::Result<bool> {
    let posted = tx.read_first(
        "SELECT 1 FROM delivery WHERE message = ?1 AND turn IS NULL AND operation = 'reply'",
        [delivery.message.0],
        |_| Ok(()),
    )?;
    Ok(posted.is_some() && delivery.operation.kind() == "reply")
}

/// Adds the usage of the turn to the usage of its session, up to the maximum of a column. If the turn has
/// replaced the session, the usage counts for the new session.
fn record_usage(
    tx: &WriteTransaction<'_>,
    conversation: &ConversationRow,
    finish: &Finish,
) -> rusqlite::Result<()> {
    let Usage {
        input_tokens,
        output_tokens,
        cost_micros,
        duration_ms,
    } = finish.usage;
    if finish.usage == Usage::default() {
        return Ok(());
    }
    let kept = |used: Option<u64>| used.map(|used| i64::try_from(used).unwrap_or(i64::MAX));
    tx.run(
        "UPDATE conversation SET
             input_tokens = coalesce(min(input_tokens, 9223372036854775807 - ?3) + ?3, input_tokens, ?3),
             output_tokens = coalesce(min(output_tokens, 9223372036854775807 - ?4) + ?4, output_tokens, ?4),
             cost_micros = coalesce(min(cost_micros, 9223372036854775807 - ?5) + ?5, cost_micros, ?5),
             duration_ms = coalesce(min(duration_ms, 9223372036854775807 - ?6) + ?6, duration_ms, ?6)
         WHERE id = ?1 AND generation = (SELECT generation FROM turn WHERE id = ?2)",
        params![
            conversation.id.0,
            finish.turn.0,
            kept(input_tokens),
            kept(output_tokens),
            kept(cost_micros),
            kept(duration_ms)
        ],
    )
}

fn free_conversation(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    finish: &Finish,
    back: bool,
) -> rusqlite::Result<()> {
    let pause = match &finish.end {
        TurnEnd::Retry { pause, .. } => *pause,
        _ => finish.rest,
    };
    let until: Option<Steady> = (!pause.is_zero()).then(|| tx.steady.after(pause));
    if let Some(until) = until {
        tx.add_deadline(until);
    }
    tx.run(
        "UPDATE conversation SET running = NULL, held_until = ?2, held_since = NULL WHERE id = ?1",
        params![conversation.id.0, until.map(|until| until.0)],
    )?;
    if back {
        tx.refresh_head(conversation.id)?;
        tx.give_up_unanswerable(conversation)?;
    }
    if back || conversation.waiting > 0 {
        tx.requeue_conversation(conversation.id)?;
        tx.queue_claimable_check(conversation);
    }
    Ok(())
}
