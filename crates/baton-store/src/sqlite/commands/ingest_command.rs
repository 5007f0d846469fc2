//! Records messages, each one once, and moves the cursor that covers the messages.

use baton_core::clock::{Steady, millis};
use baton_core::delivery::{NewDelivery, Operation};
use baton_core::id::{MessageId, Seq};
use baton_core::message::{Attachment, Message, MessageState, NewMessage};
use baton_core::name::ExternalId;
use baton_core::notice;
use baton_core::place::QueueMode;
use baton_core::store::{Change, Ingest, Ingested, RefusedMessage, StoreError, TurnEffect};
use rusqlite::params;

use crate::sqlite::conversation_rows::ConversationRow;
use crate::sqlite::row_values::{read_message, read_message_by_external_id, to_json};
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

/// The most windows for which a busy conversation collects messages.
const WINDOWS_AT_MOST: i64 = 10;

pub(in crate::sqlite) struct IngestCommand(pub(in crate::sqlite) Ingest);

impl WriteCommand for IngestCommand {
    type Answer = Vec<Ingested>;
    type Error = StoreError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Vec<Ingested>, WriteFailure<StoreError>> {
        let Ingest {
            messages,
            refused,
            cursor,
            gaps,
            incomplete,
            completed,
        } = &self.0;
        let mut ingested = Vec::with_capacity(messages.len() + refused.len());
        for message in messages {
            ingested.push(record_message(tx, message, None)?);
        }
        for refused in refused {
            ingested.push(record_message(tx, &refused.message, Some(refused))?);
        }
        if let Some(cursor) = cursor {
            super::set_cursor_command::move_cursor(tx, cursor)?;
        }
        for gap in gaps {
            super::gap_closed_command::open_gap(tx, gap)?;
        }
        for id in completed {
            tx.remove_incomplete(*id)?;
        }
        for new in incomplete {
            tx.add_incomplete(new)?;
        }
        Ok(ingested)
    }
}

/// Records a message. An unreadable message, or one too many in its conversation, is refused.
fn record_message(
    tx: &mut WriteTransaction<'_>,
    new: &NewMessage,
    unreadable: Option<&RefusedMessage>,
) -> rusqlite::Result<Ingested> {
    let conversation = tx.ensure_conversation(&new.route)?;
    let too_many = conversation.waiting >= new.route.waiting_limit;
    let refused = match unreadable {
        Some(refused) => Some(refused.reason.clone()),
        None => too_many.then(|| notice::too_many_waiting(new.route.waiting_limit)),
    };
    let id = tx.next_seq();
    let message = received_message(tx, id, &conversation, new, refused);
    if !insert_message(tx, &conversation, &message)? {
        return record_known_message(tx, &conversation, new, unreadable.is_none());
    }
    insert_parts(tx, &conversation, message.id, &new.part_ids)?;
    tx.count_received(conversation.place_id, message.state);
    tx.effects.add_change(Change::Posted {
        place: conversation.place.clone(),
        seq: id,
    });
    if let Some(reason) = &message.reason {
        add_refusal_notice(tx, &conversation, message.id, reason, unreadable)?;
        return Ok(Ingested::Refused(message));
    }
    if !join_running_turn(tx, &conversation, message.id)? {
        add_waiting_message(tx, &conversation, id, u8::from(message.priority))?;
    }
    // The running turn may have changed the state of the message. Only then is the message read again.
    if conversation.running.is_some() && conversation.mode == QueueMode::Steer {
        return Ok(Ingested::Stored(
            read_message(tx.connection, message.id)?.unwrap_or(message),
        ));
    }
    Ok(Ingested::Stored(message))
}

/// The message as stored; `refused` is the reason for a refusal.
fn received_message(
    tx: &WriteTransaction<'_>,
    id: Seq,
    conversation: &ConversationRow,
    new: &NewMessage,
    refused: Option<String>,
) -> Message {
    Message {
        id: MessageId(id.0),
        conversation: conversation.id,
        place: conversation.place.clone(),
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
        state: if refused.is_some() {
            MessageState::Refused
        } else {
            MessageState::Waiting
        },
        reason: refused,
        attempts: 0,
        unavailable: 0,
        turn: None,
    }
}

/// Inserts the row of a message. Returns `false` if the store has the message already.
fn insert_message(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    message: &Message,
) -> rusqlite::Result<bool> {
    let inserted = tx.change_rows(
        "INSERT INTO message (id, conversation, place, account, external_id, author, author_name,
                              text, attachments, reply_to, reply_route, extra, priority, at, state,
                              reason, id_space)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17)
         ON CONFLICT (account, id_space, external_id) DO NOTHING",
        params![
            message.id.0,
            message.conversation.0,
            conversation.place_id,
            conversation.account_id,
            message.external_id.as_str(),
            message.author.id.as_str(),
            message.author.name,
            message.text,
            attachments_json(&message.attachments)?,
            message.reply_to.as_ref().map(ExternalId::as_str),
            to_json(&message.reply_route),
            to_json(&message.extra),
            u8::from(message.priority),
            message.at.0,
            message.state.as_str(),
            message.reason,
            message.external_id.space()
        ],
    )?;
    Ok(inserted > 0)
}

/// Inserts the ids of the parts that were joined into a message.
fn insert_parts(
    tx: &WriteTransaction<'_>,
    conversation: &ConversationRow,
    message: MessageId,
    parts: &[ExternalId],
) -> rusqlite::Result<()> {
    for part in parts {
        tx.run(
            "INSERT INTO message_part (account, id_space, external_id, message) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (account, id_space, external_id) DO NOTHING",
            params![conversation.account_id, part.space(), part.as_str(), message.0],
        )?;
    }
    Ok(())
}

/// Handles a message that the store has already. A refused message may be accepted now.
fn record_known_message(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    new: &NewMessage,
    is_readable: bool,
) -> rusqlite::Result<Ingested> {
    let place = &new.route.place;
    let known = read_message_by_external_id(
        tx.connection,
        &place.channel,
        &place.account,
        &new.external_id,
    )?
    .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
    let was_refused = known.state == MessageState::Refused && known.conversation == conversation.id;
    if is_readable && was_refused {
        accept_refused_message(tx, conversation, new, known)
    } else {
        Ok(Ingested::Duplicate(known))
    }
}

/// Tells people about a refused message. For an unreadable message, also records its raw form.
fn add_refusal_notice(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    message: MessageId,
    reason: &str,
    unreadable: Option<&RefusedMessage>,
) -> rusqlite::Result<()> {
    if let Some(unreadable) = unreadable {
        tx.record_event(message.into(), &format!("received as: {}", unreadable.raw))?;
        if !unreadable.is_told {
            return Ok(());
        }
    }
    let text = format!("Not taken: {}", notice::sentence(reason));
    let told = NewDelivery {
        operation: Operation::notice(text),
        message,
    };
    tx.add_to_outbox(conversation, None, &told)
}

/// The stored form of a message's files.
pub(super) fn attachments_json(attachments: &[Attachment]) -> rusqlite::Result<Option<String>> {
    (!attachments.is_empty())
        .then(|| serde_json::to_string(attachments))
        .transpose()
        .map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Accepts a refused message that was sent again, if there is room now. The notice of the refusal asks the
/// author to send the message again.
fn accept_refused_message(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    new: &NewMessage,
    mut known: Message,
) -> rusqlite::Result<Ingested> {
    if conversation.waiting >= new.route.waiting_limit {
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
            attachments_json(&new.attachments)?,
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
    tx.record_event(known.id.into(), "received again, and accepted")?;
    tx.set_message_state(conversation, known.id, MessageState::Waiting, None)?;
    // The number of this message is old, so it may go before all waiting messages.
    tx.refresh_head(conversation.id)?;
    if conversation.head.is_none() {
        tx.queue_claimable_check(conversation);
    }
    known.state = MessageState::Waiting;
    known.reason = None;
    Ok(Ingested::Stored(known))
}

/// Hands the message to the running turn, if the conversation and the agent support this. Returns whether the
/// turn has the message.
fn join_running_turn(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    id: MessageId,
) -> rusqlite::Result<bool> {
    let Some(turn) = conversation.running else {
        return Ok(false);
    };
    let Some(attached) = tx.memory.attached_process() else {
        return Ok(false);
    };
    let epoch = attached.epoch;
    let can_steer = attached.can.steerable.contains(&conversation.agent);
    let ours = tx.read_first(
        "SELECT 1 FROM turn WHERE id = ?1 AND state = 'running' AND epoch = ?2",
        [turn.0, epoch.0],
        |_| Ok(()),
    )?;
    if ours.is_none() {
        return Ok(false);
    }
    match conversation.mode {
        QueueMode::Interrupt => {
            tx.effects.add_turn_effect(TurnEffect::Interrupt(turn));
            Ok(false)
        }
        QueueMode::Steer if can_steer => {
            tx.run(
                "UPDATE message SET state = 'running', turn = ?2, attempts = 1 WHERE id = ?1",
                [id.0, turn.0],
            )?;
            tx.count_message(
                conversation.place_id,
                MessageState::Waiting,
                MessageState::Running,
            );
            tx.publish_message_state(
                &conversation.place,
                &conversation.persona,
                id,
                MessageState::Running,
            );
            if let Some(steered) = read_message(tx.connection, id)? {
                tx.effects
                    .add_turn_effect(TurnEffect::Steer(turn, Box::new(steered)));
            }
            Ok(true)
        }
        _ => Ok(false),
    }
}

/// Adds the message to the waiting ones, behind all messages with the same or a greater priority.
fn add_waiting_message(
    tx: &mut WriteTransaction<'_>,
    conversation: &ConversationRow,
    id: Seq,
    priority: u8,
) -> rusqlite::Result<()> {
    let first = conversation
        .head_priority
        .is_none_or(|head| priority > head);
    let (head, head_priority) = if first {
        (Some(id.0), Some(priority))
    } else {
        (conversation.head, conversation.head_priority)
    };
    let pause = collect_pause(tx, conversation);
    if let Some((until, _)) = pause {
        tx.add_deadline(until);
    }
    let (until, since) = pause.unzip();
    tx.run(
        "UPDATE conversation SET waiting = waiting + 1, head = ?2, head_priority = ?3,
             in_line_since = coalesce(in_line_since, ?6),
             held_until = coalesce(?4, held_until), held_since = coalesce(?5, held_since)
         WHERE id = ?1",
        params![
            conversation.id.0,
            head,
            head_priority,
            until.map(|until| until.0),
            since.map(|since: Steady| since.0),
            id.0
        ],
    )?;
    if conversation.head.is_none() {
        tx.queue_claimable_check(conversation);
    }
    Ok(())
}

/// The end and the beginning of the pause in which a conversation collects messages.
fn collect_pause(
    tx: &WriteTransaction<'_>,
    conversation: &ConversationRow,
) -> Option<(Steady, Steady)> {
    let QueueMode::Collect { window } = conversation.mode else {
        return None;
    };
    if conversation.running.is_some() || window.is_zero() {
        return None;
    }
    let since = conversation.held_since.unwrap_or(tx.steady);
    let at_most = Steady(
        since
            .0
            .saturating_add(millis(window).saturating_mul(WINDOWS_AT_MOST)),
    );
    let until = tx.steady.after(window).min(at_most);
    // A longer pause after a failure stays.
    Some((
        conversation
            .held_until
            .map_or(until, |held| held.max(until)),
        since,
    ))
}
