//! Converts rows to values.

use super::cached_statements::CachedStatements;
use baton_core::clock::Wall;
use baton_core::delivery::DeliveryState;
use baton_core::id::{ConversationId, MessageId, TurnId};
use baton_core::message::{Author, Message, MessageState, Priority};
use baton_core::name::{AccountName, ChannelName, ExternalId, PersonaName};
use baton_core::place::Place;
use rusqlite::types::Type;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

/// The columns of `message m` for [`read_message_in`].
macro_rules! message_columns {
    () => {
        "m.id, m.conversation, m.external_id, m.author, m.author_name, m.text, m.attachments,
         m.reply_to, m.reply_route, m.extra, m.priority, m.at, m.state, m.reason, m.attempts,
         m.turn, m.unavailable, m.id_space"
    };
}
pub(super) use message_columns;

/// The columns for [`read_message_row`], from `conversation c`, `place p` and `account a` as well.
pub(super) const MESSAGE: &str = concat!(
    message_columns!(),
    ", a.channel, a.name, p.address, c.persona"
);

/// The joins for [`MESSAGE`].
pub(super) const MESSAGE_FROM: &str = "message m
    JOIN conversation c ON c.id = m.conversation
    JOIN place p ON p.id = c.place
    JOIN account a ON a.id = p.account";

/// A subquery for the numbers of the places in a bound JSON list; see [`places_json`].
macro_rules! places_in {
    ($list:literal) => {
        concat!(
            "(SELECT known.id FROM json_each(",
            $list,
            ") one
              JOIN account owner ON owner.channel = one.value ->> 0 AND owner.name = one.value ->> 1
              JOIN place known ON known.account = owner.id AND known.address = one.value ->> 2)"
        )
    };
}
pub(super) use places_in;

/// Places as JSON, for [`places_in!`].
pub(super) fn places_json(places: &[Place]) -> String {
    let spelled = places.iter().map(|place| {
        Value::from(vec![
            place.channel.as_str(),
            place.account.as_str(),
            &place.address,
        ])
    });
    Value::Array(spelled.collect()).to_string()
}

/// Reads a message from the columns of [`MESSAGE`].
pub(super) fn read_message_row(row: &Row<'_>) -> rusqlite::Result<Message> {
    read_message_in(row, &read_place(row, 18)?, &read_text(row, 21)?.into())
}

/// Reads a message of a known conversation from the columns of [`message_columns!`].
pub(super) fn read_message_in(
    row: &Row<'_>,
    place: &Place,
    persona: &PersonaName,
) -> rusqlite::Result<Message> {
    let space = read_text(row, 17)?;
    Ok(Message {
        id: MessageId(row.get(0)?),
        conversation: ConversationId(row.get(1)?),
        place: place.clone(),
        persona: persona.clone(),
        external_id: ExternalId::within(space, read_text(row, 2)?),
        author: Author {
            id: read_text(row, 3)?.into(),
            name: row.get(4)?,
        },
        text: row.get(5)?,
        attachments: match row
            .get_ref(6)?
            .as_str_or_null()
            .map_err(|e| column_error(6, e))?
        {
            None => Vec::new(),
            Some(kept) => serde_json::from_str(kept).map_err(|error| column_error(6, error))?,
        },
        reply_to: row
            .get::<_, Option<String>>(7)?
            .map(|id| ExternalId::within(space, &id)),
        reply_route: read_json(row, 8)?,
        extra: read_json(row, 9)?,
        priority: Priority::try_from(row.get::<_, u8>(10)?)
            .map_err(|error| column_error(10, error))?,
        at: Wall(row.get(11)?),
        state: read_message_state(row, 12)?,
        reason: row.get(13)?,
        attempts: row.get(14)?,
        turn: row.get::<_, Option<i64>>(15)?.map(TurnId),
        unavailable: row.get(16)?,
    })
}

/// Reads a place from three columns, beginning at `at`.
pub(super) fn read_place(row: &Row<'_>, at: usize) -> rusqlite::Result<Place> {
    Ok(Place {
        channel: read_text(row, at)?.into(),
        account: read_text(row, at + 1)?.into(),
        address: row.get(at + 2)?,
    })
}

/// Reads a text without a copy, because most callers copy it into another type.
pub(super) fn read_text<'a>(row: &'a Row<'_>, at: usize) -> rusqlite::Result<&'a str> {
    row.get_ref(at)?
        .as_str()
        .map_err(|error| column_error(at, error))
}

/// Reads a JSON value; an absent value is null.
pub(super) fn read_json(row: &Row<'_>, at: usize) -> rusqlite::Result<Value> {
    match row
        .get_ref(at)?
        .as_str_or_null()
        .map_err(|error| column_error(at, error))?
    {
        None => Ok(Value::Null),
        Some(kept) => serde_json::from_str(kept).map_err(|error| column_error(at, error)),
    }
}

/// The stored form of a [`read_json`] value.
pub(super) fn to_json(value: &Value) -> Option<String> {
    if value.is_null() {
        None
    } else {
        Some(value.to_string())
    }
}

pub(super) fn read_message_state(row: &Row<'_>, at: usize) -> rusqlite::Result<MessageState> {
    let word = read_text(row, at)?;
    MessageState::parse(word).ok_or_else(|| column_error(at, format!("no such state: {word}")))
}

pub(super) fn read_delivery_state(row: &Row<'_>, at: usize) -> rusqlite::Result<DeliveryState> {
    let word = read_text(row, at)?;
    DeliveryState::parse(word).ok_or_else(|| column_error(at, format!("no such state: {word}")))
}

/// The error for a column with an invalid value.
pub(super) fn column_error(
    at: usize,
    error: impl Into<Box<dyn std::error::Error + Send + Sync>>,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(at, Type::Text, error.into())
}

/// Whether the error comes from a damaged row, and not from a failing store.
pub(super) fn is_column_error(error: &rusqlite::Error) -> bool {
    matches!(
        error,
        rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::Utf8Error(..)
    )
}

/// Reads one message.
pub(super) fn read_message(
    connection: &Connection,
    id: MessageId,
) -> rusqlite::Result<Option<Message>> {
    connection
        .prepare_statement(&format!(
            "SELECT {MESSAGE} FROM {MESSAGE_FROM} WHERE m.id = ?1"
        ))?
        .query_row([id.0], read_message_row)
        .optional()
}

/// Reads the message with this platform id.
pub(super) fn read_message_by_external_id(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    id: &ExternalId,
) -> rusqlite::Result<Option<Message>> {
    connection
        .prepare_statement(&format!(
            "SELECT {MESSAGE} FROM {MESSAGE_FROM}
             WHERE m.external_id = ?3 AND m.id_space = ?4
               AND m.account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)"
        ))?
        .query_row(
            params![channel.as_str(), account.as_str(), id.as_str(), id.space()],
            read_message_row,
        )
        .optional()
}

/// Reads the message with this platform id, or the message that a message with this id was joined into.
pub(super) fn read_message_of_part(
    connection: &Connection,
    channel: &ChannelName,
    account: &AccountName,
    id: &ExternalId,
) -> rusqlite::Result<Option<Message>> {
    let known = read_message_by_external_id(connection, channel, account, id)?;
    if known.is_some() {
        return Ok(known);
    }
    let whole = connection
        .prepare_statement(
            "SELECT message FROM message_part
             WHERE external_id = ?3 AND id_space = ?4
               AND account = (SELECT id FROM account WHERE channel = ?1 AND name = ?2)",
        )?
        .query_row(
            params![channel.as_str(), account.as_str(), id.as_str(), id.space()],
            |row| row.get(0).map(MessageId),
        )
        .optional()?;
    whole.map_or(Ok(None), |whole| read_message(connection, whole))
}
