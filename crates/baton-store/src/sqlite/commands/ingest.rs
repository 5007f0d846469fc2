//! Records messages, each one once, and moves the cursor that covers the messages.

use baton_core::clock::{Steady, millis};
use baton_core::delivery::{NewDelivery, Operation};
use baton_core::id::{MessageId, Seq};
use baton_core::message::{Message, MessageState, NewMessage};
use baton_core::name::ExternalId;
use baton_core::notice;
use baton_core::place::QueueMode;
use baton_core::store::{Change, Ingest, Ingested, RefusedMessage, StoreError, TurnEffect};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::lanes::Lane;
use crate::sqlite::rows::{message, message_by_external_id, to_json};
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

/// The most windows for which a busy conversation collects messages.
const WINDOWS_AT_MOST: i64 = 10;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) Ingest);

impl writer::Command for Command {
    type Answer = Vec<Ingested>;
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Vec<Ingested>, Failure<StoreError>> {
        let Ingest {
            messages,
            refused,
            cursor,
        } = &self.0;
        let mut ingested = Vec::with_capacity(messages.len() + refused.len());
        for message in messages {
            ingested.push(keep(tx, message, None)?);
        }
        for refused in refused {
            ingested.push(keep(tx, &refused.message, Some(refused))?);
        }
        if let Some(cursor) = cursor {
            super::set_cursor::move_to(tx, cursor)?;
        }
        Ok(ingested)
    }
}

/// Records a message. An unreadable message, or one too many in its conversation, is refused.
fn keep(
    tx: &mut Tx<'_>,
    new: &NewMessage,
    unreadable: Option<&RefusedMessage>,
) -> rusqlite::Result<Ingested> {
    let lane = tx.lane_of(&new.route)?;
    let too_many = lane.waiting >= new.route.waiting_limit;
    let refused = match unreadable {
        Some(refused) => Some(refused.reason.clone()),
        None => too_many.then(|| notice::too_many_waiting(new.route.waiting_limit)),
    };
    let state = if refused.is_some() {
        MessageState::Refused
    } else {
        MessageState::Waiting
    };
    let id = tx.next_seq();
    let inserted = tx.change(
        "INSERT INTO message (id, conversation, place, account, external_id, author, author_name,
                              text, attachments, reply_to, reply_route, extra, priority, at, state,
                              reason)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)
         ON CONFLICT (account, external_id) DO NOTHING",
        params![
            id.0,
            lane.id.0,
            lane.place_id,
            lane.account_id,
            new.external_id.as_str(),
            new.author.id.as_str(),
            new.author.name,
            new.text,
            attachments(new)?,
            new.reply_to.as_ref().map(ExternalId::as_str),
            to_json(&new.reply_route),
            to_json(&new.extra),
            u8::from(new.priority),
            tx.wall.0,
            state.as_str(),
            refused
        ],
    )?;
    if inserted == 0 {
        let place = &new.route.place;
        let known = message_by_external_id(
            tx.connection,
            &place.channel,
            &place.account,
            &new.external_id,
        )?
        .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let is_readable = unreadable.is_none();
        return if is_readable
            && known.state == MessageState::Refused
            && known.conversation == lane.id
        {
            take_after_all(tx, &lane, new, known)
        } else {
            Ok(Ingested::Duplicate(known))
        };
    }
    tx.count_received(lane.place_id, state);
    tx.effects.changed(Change::Posted {
        place: lane.place.clone(),
        seq: id,
    });
    let kept = Message {
        id: MessageId(id.0),
        conversation: lane.id,
        place: new.route.place.clone(),
        persona: new.route.persona.clone(),
        external_id: new.external_id.clone(),
        author: new.author.clone(),
        text: new.text.clone(),
        attachments: new.attachments.clone(),
        reply_to: new.reply_to.clone(),
        reply_route: new.reply_route.clone(),
        extra: new.extra.clone(),
        priority: new.priority,
        at: tx.wall,
        state,
        reason: refused,
        attempts: 0,
        unavailable: 0,
        turn: None,
    };
    if let Some(reason) = &kept.reason {
        tell_of_refusal(tx, &lane, kept.id, reason, unreadable)?;
        return Ok(Ingested::Refused(kept));
    }
    if !join_running_turn(tx, &lane, kept.id)? {
        join_line(tx, &lane, id, u8::from(kept.priority))?;
    }
    // The running turn may have changed the state of the message. Only then is the message read again.
    if lane.running.is_some() && lane.mode == QueueMode::Steer {
        return Ok(Ingested::Stored(
            message(tx.connection, kept.id)?.unwrap_or(kept),
        ));
    }
    Ok(Ingested::Stored(kept))
}

/// Tells people about a refused message. For an unreadable message, also records its raw form.
fn tell_of_refusal(
    tx: &mut Tx<'_>,
    lane: &Lane,
    message: MessageId,
    reason: &str,
    unreadable: Option<&RefusedMessage>,
) -> rusqlite::Result<()> {
    if let Some(unreadable) = unreadable {
        tx.event(message.into(), &format!("came as: {}", unreadable.raw))?;
        if !unreadable.is_told {
            return Ok(());
        }
    }
    let text = format!("Not taken: {}", notice::sentence(reason));
    let told = NewDelivery {
        operation: Operation::notice(text),
        message,
    };
    tx.put_out(lane, None, &told)
}

/// The stored form of a message's files.
fn attachments(new: &NewMessage) -> rusqlite::Result<Option<String>> {
    (!new.attachments.is_empty())
        .then(|| serde_json::to_string(&new.attachments))
        .transpose()
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Accepts a refused message that was sent again, if there is room now. The notice of the refusal asks the
/// author to send the message again.
fn take_after_all(
    tx: &mut Tx<'_>,
    lane: &Lane,
    new: &NewMessage,
    mut known: Message,
) -> rusqlite::Result<Ingested> {
    if lane.waiting >= new.route.waiting_limit {
        return Ok(Ingested::Duplicate(known));
    }
    // An unreadable message may be readable now.
    tx.run(
        "UPDATE message SET text = ?2, attachments = ?3, reply_to = ?4, reply_route = ?5,
                            author = ?6, author_name = ?7, extra = ?8, priority = ?9
         WHERE id = ?1",
        params![
            known.id.0,
            new.text,
            attachments(new)?,
            new.reply_to.as_ref().map(ExternalId::as_str),
            to_json(&new.reply_route),
            new.author.id.as_str(),
            new.author.name,
            to_json(&new.extra),
            u8::from(new.priority)
        ],
    )?;
    known.author.clone_from(&new.author);
    known.extra.clone_from(&new.extra);
    known.priority = new.priority;
    known.text.clone_from(&new.text);
    known.attachments.clone_from(&new.attachments);
    known.reply_to.clone_from(&new.reply_to);
    known.reply_route.clone_from(&new.reply_route);
    tx.event(known.id.into(), "came again, and was taken")?;
    tx.set_state(lane, known.id, MessageState::Waiting, None)?;
    // The number of this message is old, so it may go before all waiting messages.
    tx.refresh_head(lane.id)?;
    if lane.head.is_none() {
        tx.may_be_claimable(lane);
    }
    known.state = MessageState::Waiting;
    known.reason = None;
    Ok(Ingested::Stored(known))
}

/// Hands the message to the running turn, if the conversation and the agent support this. Returns whether the
/// turn has the message.
fn join_running_turn(tx: &mut Tx<'_>, lane: &Lane, id: MessageId) -> rusqlite::Result<bool> {
    let Some(turn) = lane.running else {
        return Ok(false);
    };
    let Some(attached) = tx.memory.holder() else {
        return Ok(false);
    };
    let epoch = attached.epoch;
    let can_steer = attached.can.steerable.contains(&lane.agent);
    let ours = tx.first(
        "SELECT 1 FROM turn WHERE id = ?1 AND state = 'running' AND epoch = ?2",
        [turn.0, epoch.0],
        |_| Ok(()),
    )?;
    if ours.is_none() {
        return Ok(false);
    }
    match lane.mode {
        QueueMode::Interrupt => {
            tx.effects.turn(TurnEffect::Interrupt(turn));
            Ok(false)
        }
        QueueMode::Steer if can_steer => {
            tx.run(
                "UPDATE message SET state = 'running', turn = ?2, attempts = 1 WHERE id = ?1",
                [id.0, turn.0],
            )?;
            tx.count_message(lane.place_id, MessageState::Waiting, MessageState::Running);
            tx.moved(&lane.place, &lane.persona, id, MessageState::Running);
            if let Some(steered) = message(tx.connection, id)? {
                tx.effects.turn(TurnEffect::Steer(turn, Box::new(steered)));
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Adds the message to the waiting ones, behind all messages with the same or a greater priority.
fn join_line(tx: &mut Tx<'_>, lane: &Lane, id: Seq, priority: u8) -> rusqlite::Result<()> {
    let first = lane.head_priority.is_none_or(|head| priority > head);
    let (head, head_priority) = if first {
        (Some(id.0), Some(priority))
    } else {
        (lane.head, lane.head_priority)
    };
    let pause = held_for(tx, lane);
    if let Some((until, _)) = pause {
        tx.deadline(until);
    }
    let (until, since) = pause.unzip();
    tx.run(
        "UPDATE conversation SET waiting = waiting + 1, head = ?2, head_priority = ?3,
             in_line_since = coalesce(in_line_since, ?6),
             held_until = coalesce(?4, held_until), held_since = coalesce(?5, held_since)
         WHERE id = ?1",
        params![
            lane.id.0,
            head,
            head_priority,
            until.map(|until| until.0),
            since.map(|since: Steady| since.0),
            id.0
        ],
    )?;
    if lane.head.is_none() {
        tx.may_be_claimable(lane);
    }
    Ok(())
}

/// The end and the beginning of the pause in which a conversation collects messages.
fn held_for(tx: &Tx<'_>, lane: &Lane) -> Option<(Steady, Steady)> {
    let QueueMode::Collect { window } = lane.mode else {
        return None;
    };
    if lane.running.is_some() || window.is_zero() {
        return None;
    }
    let since = lane.held_since.unwrap_or(tx.steady);
    let at_most = Steady(
        since
            .0
            .saturating_add(millis(window).saturating_mul(WINDOWS_AT_MOST)),
    );
    let until = tx.steady.after(window).min(at_most);
    // A longer pause after a failure stays.
    Some((lane.held_until.map_or(until, |held| held.max(until)), since))
}
