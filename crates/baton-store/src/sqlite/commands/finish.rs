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

use crate::sqlite::failure::Failure;
use crate::sqlite::lanes::{Held, Lane};
use crate::sqlite::rows::json;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command {
    pub(in crate::sqlite) finish: Finish,
    pub(in crate::sqlite) slot: Option<Slot<AgentName>>,
}

impl writer::Command for Command {
    type Answer = ();
    type Error = LeaseError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<(), Failure<LeaseError>> {
        // The end of this commit can already use the slot.
        drop(self.slot.take());
        let finish = &self.finish;
        let held = tx.held_lane(finish.turn, finish.fence)?;
        end_turn(tx, finish)?;
        tx.keep_session(&held.lane, finish.turn, &finish.session)?;
        let (back, routes) = end_messages(tx, &held.lane, finish)?;
        let mut first = held.line_is_empty;
        if held.asks && finish.end != TurnEnd::Interrupted {
            tx.no_longer_asked(finish.turn)?;
            // The outcomes of the approvals are sent before the reply.
            first = tx.line_is_empty(held.lane.id)?;
        }
        deliver(tx, &held, finish, &routes, first)?;
        keep_usage(tx, &held.lane, finish)?;
        free_lane(tx, &held.lane, finish, back)?;
        Ok(())
    }
}

fn end_turn(tx: &Tx<'_>, finish: &Finish) -> rusqlite::Result<()> {
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
    tx: &mut Tx<'_>,
    lane: &Lane,
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
    let messages: ReplyRoutes = tx.all(
        "SELECT id, reply_route FROM message WHERE turn = ?1 AND state = 'running' ORDER BY id",
        [finish.turn.0],
        |row| Ok((MessageId(row.get(0)?), json(row, 1)?)),
    )?;
    tx.run(
        "UPDATE message SET state = ?2, reason = ?3 WHERE turn = ?1 AND state = 'running'",
        params![finish.turn.0, state.as_str(), reason],
    )?;
    let mut back = state == MessageState::Waiting;
    for (message, _) in &messages {
        let message = *message;
        let taken = finish.taken.contains(&message);
        match &finish.end {
            TurnEnd::Retry {
                reason,
                unavailable,
                ..
            } if taken => {
                if *unavailable {
                    tx.run(
                        "UPDATE message SET unavailable = unavailable + 1 WHERE id = ?1",
                        [message.0],
                    )?;
                }
                let what = format!("turn {} failed: {reason}", finish.turn);
                tx.event_with_detail(message.into(), &what, finish.detail.as_deref())?;
            }
            TurnEnd::Interrupted if taken => {
                let what = format!(
                    "turn {} was interrupted: the program went down",
                    finish.turn
                );
                tx.event(message.into(), &what)?;
            }
            _ => {}
        }
        let counts = taken && finish.end != TurnEnd::Interrupted;
        if !counts {
            did_not_count(tx, message)?;
            back = true;
        }
        if !taken {
            // The message has no part in the results of this turn.
            tx.run("UPDATE message SET turn = NULL WHERE id = ?1", [message.0])?;
        }
        let state = if counts { state } else { MessageState::Waiting };
        tx.count_message(lane.place_id, MessageState::Running, state);
        tx.moved(&lane.place, &lane.persona, message, state);
    }
    Ok((back, messages))
}

/// The message waits, and this try does not count.
fn did_not_count(tx: &Tx<'_>, message: MessageId) -> rusqlite::Result<()> {
    tx.run(
        "UPDATE message SET state = 'waiting', reason = NULL, attempts = attempts - 1
         WHERE id = ?1",
        [message.0],
    )
}

fn deliver(
    tx: &mut Tx<'_>,
    held: &Held,
    finish: &Finish,
    routes: &ReplyRoutes,
    mut first: bool,
) -> rusqlite::Result<()> {
    for delivery in &finish.deliveries {
        if held.by_worker && heard_already(tx, delivery)? {
            continue;
        }
        let route = routes
            .iter()
            .find(|(message, _)| *message == delivery.message);
        match route {
            Some((_, route)) => {
                tx.put_out_or_send(&held.lane, finish.turn, delivery, route, first)?;
            }
            None => tx.put_out(&held.lane, Some(finish.turn), delivery)?,
        }
        first = false;
    }
    Ok(())
}

/// Whether a worker has already posted this reply, before the end of its turn.
fn heard_already(tx: &Tx<'_>, delivery: &NewDelivery) -> rusqlite::Result<bool> {
    let posted = tx.first(
        "SELECT 1 FROM delivery WHERE message = ?1 AND turn IS NULL AND operation = 'reply'",
        [delivery.message.0],
        |_| Ok(()),
    )?;
    Ok(posted.is_some() && delivery.operation.kind() == "reply")
}

/// Adds the usage of the turn to the usage of its session, up to the maximum of a column. If the turn has
/// replaced the session, the usage counts for the new session.
fn keep_usage(tx: &Tx<'_>, lane: &Lane, finish: &Finish) -> rusqlite::Result<()> {
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
            lane.id.0,
            finish.turn.0,
            kept(input_tokens),
            kept(output_tokens),
            kept(cost_micros),
            kept(duration_ms)
        ],
    )
}

fn free_lane(tx: &mut Tx<'_>, lane: &Lane, finish: &Finish, back: bool) -> rusqlite::Result<()> {
    let pause = match &finish.end {
        TurnEnd::Retry { pause, .. } => *pause,
        _ => finish.rest,
    };
    let until: Option<Steady> = (!pause.is_zero()).then(|| tx.steady.after(pause));
    if let Some(until) = until {
        tx.deadline(until);
    }
    tx.run(
        "UPDATE conversation SET running = NULL, held_until = ?2, held_since = NULL WHERE id = ?1",
        params![lane.id.0, until.map(|until| until.0)],
    )?;
    if back {
        tx.refresh_head(lane.id)?;
        tx.give_up_unanswerable(lane)?;
    }
    if back || lane.waiting > 0 {
        tx.go_to_the_end(lane.id)?;
        tx.may_be_claimable(lane);
    }
    Ok(())
}
