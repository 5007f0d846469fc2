//! What leaves a conversation: one line, first in, first out.

use baton_core::activity::Activity;
use baton_core::clock::Wall;
use baton_core::delivery::{Delivery, DeliveryState, NewDelivery, Operation};
use baton_core::id::{ApprovalId, ConversationId, DeliveryId, MessageId, TurnId};
use baton_core::message::Attachment;
use baton_core::name::{ChannelName, ExternalId};
use baton_core::notice;
use baton_core::store::Outgoing;
use rusqlite::{Row, params};
use serde_json::{Value, json};

use super::lanes::Lane;
use super::rows::{broken, delivery_state, json, place, text};
use super::tx::Tx;

/// What is put into the outbox.
struct New<'a> {
    id: DeliveryId,
    lane: &'a Lane,
    turn: Option<TurnId>,
    message: Option<MessageId>,
    /// Whoever wrote it outside a turn may have an id of their own for it.
    external_id: Option<&'a ExternalId>,
    operation: &'static str,
    text: &'a str,
    extra: Option<&'a str>,
    state: DeliveryState,
    /// Of its conversation's line.
    first: bool,
}

/// A delivery that its channel has in its hands.
pub(super) struct Sending {
    pub(super) conversation: ConversationId,
    /// The number of its place.
    pub(super) place: i64,
    /// The question that people are asked by it.
    pub(super) asks: Option<ApprovalId>,
}

impl Tx<'_> {
    /// Puts something into the outbox, at the end of its conversation's line.
    pub(super) fn put_out(
        &mut self,
        lane: &Lane,
        turn: Option<TurnId>,
        delivery: &NewDelivery,
    ) -> rusqlite::Result<()> {
        let first = self.line_is_empty(lane.id)?;
        let id = DeliveryId(self.next_seq().0);
        self.insert_delivery(id, lane, turn, delivery, DeliveryState::Waiting, first)
    }

    /// The same, and hands it to its channel where it is the `first` of its line and there is a slot.
    pub(super) fn put_out_or_send(
        &mut self,
        lane: &Lane,
        turn: TurnId,
        delivery: &NewDelivery,
        reply_route: &Value,
        first: bool,
    ) -> rusqlite::Result<()> {
        let id = DeliveryId(self.next_seq().0);
        let slot = self
            .memory
            .holder()
            .filter(|_| first)
            .and_then(|attached| attached.can.deliveries.take(&lane.place.channel));
        let Some(slot) = slot else {
            let waiting = DeliveryState::Waiting;
            return self.insert_delivery(id, lane, Some(turn), delivery, waiting, first);
        };
        self.insert_delivery(id, lane, Some(turn), delivery, DeliveryState::Sending, true)?;
        let delivery = Delivery {
            id,
            conversation: lane.id,
            place: lane.place.clone(),
            persona: lane.persona.clone(),
            message: Some(delivery.message),
            reply_route: reply_route.clone(),
            operation: delivery.operation.clone(),
            attempt: 1,
            maybe_repeated: false,
            at: self.wall,
        };
        self.effects.delivery(Outgoing { delivery, slot });
        Ok(())
    }

    /// Whether nothing of that conversation is still to be sent.
    pub(super) fn line_is_empty(&self, conversation: ConversationId) -> rusqlite::Result<bool> {
        let somebody = self.first(
            "SELECT 1 FROM delivery
             WHERE conversation = ?1 AND state IN ('waiting', 'sending', 'unknown') LIMIT 1",
            [conversation.0],
            |_| Ok(()),
        )?;
        Ok(somebody.is_none())
    }

    fn insert_delivery(
        &mut self,
        id: DeliveryId,
        lane: &Lane,
        turn: Option<TurnId>,
        delivery: &NewDelivery,
        state: DeliveryState,
        first: bool,
    ) -> rusqlite::Result<()> {
        let extra = extra(&delivery.operation);
        self.insert(&New {
            id,
            lane,
            turn,
            message: Some(delivery.message),
            external_id: None,
            operation: delivery.operation.kind(),
            text: line(&delivery.operation),
            extra: extra.as_deref(),
            state,
            first,
        })
    }

    /// Puts a reply into the outbox that was written outside a turn.
    pub(super) fn put_out_posted(
        &mut self,
        lane: &Lane,
        message: Option<MessageId>,
        external_id: Option<&ExternalId>,
        text: &str,
        extra: Option<&str>,
    ) -> rusqlite::Result<DeliveryId> {
        let first = self.line_is_empty(lane.id)?;
        let id = DeliveryId(self.next_seq().0);
        self.insert(&New {
            id,
            lane,
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

    fn insert(&mut self, new: &New<'_>) -> rusqlite::Result<()> {
        let channel = &new.lane.place.channel;
        // Nobody would ever hand it out.
        let (state, first, reason) = if self.memory.can_carry(channel) {
            (new.state, new.first, None)
        } else {
            let reason = notice::nobody_carries(channel);
            (DeliveryState::Dead, false, Some(reason))
        };
        self.count_delivery(new.lane.place_id, None, Some(state));
        self.run(
            "INSERT INTO delivery (id, conversation, place, account, channel, message, turn,
                                   external_id, operation, text, extra, state, attempts, first, at,
                                   reason)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
            params![
                new.id.0,
                new.lane.id.0,
                new.lane.place_id,
                new.lane.account_id,
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
        )
    }

    /// A delivery that is being sent; `None` where it is not, any more.
    pub(super) fn sending(&self, id: DeliveryId) -> rusqlite::Result<Option<Sending>> {
        self.first(
            "SELECT conversation, place, iif(operation = 'question', extra ->> 'approval', NULL)
             FROM delivery WHERE id = ?1 AND state = 'sending'",
            [id.0],
            |row| {
                Ok(Sending {
                    conversation: ConversationId(row.get(0)?),
                    place: row.get(1)?,
                    asks: row.get::<_, Option<i64>>(2)?.map(ApprovalId),
                })
            },
        )
    }

    /// Lets the next delivery of a line go, after the first left it.
    pub(super) fn advance_line(&self, conversation: ConversationId) -> rusqlite::Result<()> {
        self.run(
            "UPDATE delivery SET first = 1 WHERE id = (
                 SELECT id FROM delivery
                 WHERE conversation = ?1 AND state IN ('waiting', 'sending', 'unknown')
                 ORDER BY id LIMIT 1)",
            [conversation.0],
        )
    }

    /// Marks the oldest delivery of a channel that may go as being sent.
    pub(super) fn next_delivery(
        &mut self,
        channel: &ChannelName,
    ) -> rusqlite::Result<Option<Delivery>> {
        let ready = self.first(
            "SELECT d.id, d.conversation, a.channel, a.name, p.address, c.persona, d.message,
                    m.reply_route, d.operation, d.text, d.extra, d.attempts, d.maybe_repeated,
                    d.at, d.place, d.state
             FROM delivery d
             JOIN conversation c ON c.id = d.conversation
             JOIN place p ON p.id = c.place
             JOIN account a ON a.id = p.account
             LEFT JOIN message m ON m.id = d.message
             WHERE d.channel = ?1 AND d.first = 1 AND d.held_until IS NULL
               AND d.state IN ('waiting', 'unknown')
             ORDER BY d.id LIMIT 1",
            [channel.as_str()],
            |row| Ok((read_delivery(row)?, row.get(14)?, delivery_state(row, 15)?)),
        )?;
        let Some((delivery, place, from)) = ready else {
            return Ok(None);
        };
        self.run(
            "UPDATE delivery SET state = 'sending', attempts = attempts + 1 WHERE id = ?1",
            [delivery.id.0],
        )?;
        self.count_delivery(place, Some(from), Some(DeliveryState::Sending));
        Ok(Some(delivery))
    }
}

fn read_delivery(row: &Row<'_>) -> rusqlite::Result<Delivery> {
    Ok(Delivery {
        id: DeliveryId(row.get(0)?),
        conversation: ConversationId(row.get(1)?),
        place: place(row, 2)?,
        persona: text(row, 5)?.into(),
        message: row.get::<_, Option<i64>>(6)?.map(MessageId),
        reply_route: json(row, 7)?,
        operation: operation(row, 8)?,
        attempt: row.get::<_, u32>(11)? + 1,
        maybe_repeated: row.get(12)?,
        at: Wall(row.get(13)?),
    })
}

/// What is kept as an operation's text, and read by whoever may read the place: of a question only its
/// title, for what a tool is given is not for everybody.
fn line(operation: &Operation) -> &str {
    match operation {
        Operation::Question { title, .. } => title,
        other => other.text(),
    }
}

/// What an operation holds beside its text, as it is kept; the channel's own fields are beside it.
fn extra(operation: &Operation) -> Option<String> {
    match operation {
        Operation::Reply {
            activities, files, ..
        } => {
            let plain = activities.is_empty() && files.is_empty();
            (!plain).then(|| json!({ "activities": activities, "files": files }).to_string())
        }
        Operation::Notice { activities, .. } => {
            (!activities.is_empty()).then(|| json!({ "activities": activities }).to_string())
        }
        Operation::Question { approval, text, .. } => {
            Some(json!({ "approval": approval, "whole": text }).to_string())
        }
        Operation::Verdict { approval, .. } => Some(json!({ "approval": approval }).to_string()),
    }
}

/// Reads an operation's kind, its text and what it holds beside it.
fn operation(row: &Row<'_>, at: usize) -> rusqlite::Result<Operation> {
    let words: String = row.get(at + 1)?;
    let extra = json(row, at + 2)?;
    Ok(match text(row, at)? {
        "notice" => Operation::Notice {
            text: words,
            activities: activities_of(&extra),
        },
        "question" => Operation::Question {
            approval: approval_of(&extra).ok_or_else(|| broken(at + 2, "no approval"))?,
            // What was asked by an earlier version has only a title.
            text: extra["whole"].as_str().unwrap_or(&words).to_owned(),
            title: words,
        },
        "verdict" => Operation::Verdict {
            approval: approval_of(&extra).ok_or_else(|| broken(at + 2, "no approval"))?,
            text: words,
        },
        _ => Operation::Reply {
            text: words,
            activities: activities_of(&extra),
            files: files_of(&extra["files"]),
        },
    })
}

/// The question that a delivery is about.
pub(super) fn approval_of(extra: &Value) -> Option<ApprovalId> {
    extra.get("approval")?.as_i64().map(ApprovalId)
}

/// What was done on the way to a reply.
pub(super) fn activities_of(extra: &Value) -> Vec<Activity> {
    let activities = extra.get("activities").cloned();
    activities
        .and_then(|activities| serde_json::from_value(activities).ok())
        .unwrap_or_default()
}

/// The files of a list that was kept.
pub(super) fn files_of(list: &Value) -> Vec<Attachment> {
    serde_json::from_value(list.clone()).unwrap_or_default()
}
