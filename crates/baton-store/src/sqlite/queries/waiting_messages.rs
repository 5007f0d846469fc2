//! Waiting and running messages, in the order of their claims.

use baton_core::id::{ConversationId, MessageId};
use baton_core::message::Message;
use baton_core::name::{AgentName, ExternalId, PersonaName};
use baton_core::store::{Queued, WaitingQuery};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, Row, params};
use serde_json::Value;

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{
    MESSAGE, MESSAGE_FROM, places_in, places_json, read_message_row, read_message_state,
    read_place, read_text,
};

const NOT_IN: &str = places_in!("?7");

/// The columns for [`read_queued`]. All of them are short.
const QUEUED: &str = "m.id, m.conversation, a.channel, a.name, p.address, c.persona, m.external_id,
    m.state, m.reason, m.attempts, m.id_space";

/// Reads as many messages as fit. The query sorts the messages without their texts. Only the listed messages
/// are then read in full.
pub(in crate::sqlite) fn read_waiting(
    connection: &Connection,
    query: &WaitingQuery,
    bytes: usize,
) -> rusqlite::Result<Vec<Message>> {
    let mut messages = Vec::new();
    let mut left = bytes;
    for id in list_waiting(connection, query, "m.id", |row| row.get::<_, i64>(0))? {
        let (message, size) = connection
            .prepare_statement(&format!(
                "SELECT {MESSAGE} FROM {MESSAGE_FROM} WHERE m.id = ?1"
            ))?
            .query_row([id], |row| Ok((read_message_row(row)?, message_size(row)?)))?;
        match left.checked_sub(size) {
            Some(rest) => left = rest,
            None if messages.is_empty() => left = 0,
            None => break,
        }
        messages.push(message);
    }
    Ok(messages)
}

/// The same messages without their texts.
pub(in crate::sqlite) fn read_queue(
    connection: &Connection,
    query: &WaitingQuery,
) -> rusqlite::Result<Vec<Queued>> {
    list_waiting(connection, query, QUEUED, read_queued)
}

fn list_waiting<T>(
    connection: &Connection,
    query: &WaitingQuery,
    columns: &str,
    read: impl Fn(&Row<'_>) -> rusqlite::Result<T>,
) -> rusqlite::Result<Vec<T>> {
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    let list = |names: Vec<&str>| Value::from(names).to_string();
    let personas = (!query.personas.is_empty())
        .then(|| list(query.personas.iter().map(PersonaName::as_str).collect()));
    let agents = query
        .agents
        .as_ref()
        .map(|agents| list(agents.iter().map(AgentName::as_str).collect()));
    let of = query.of.as_ref();
    let channel = of.map(|(channel, _)| channel.as_str());
    let account = of.map(|(_, account)| account.as_str());
    let addresses = query.addresses.as_ref();
    let addresses = addresses.map(|it| list(it.iter().map(String::as_str).collect()));
    let not_in = places_json(&query.not_in);
    let mut found = Vec::new();
    for state in ["running", "waiting"] {
        if state == "running" && query.only_waiting {
            continue;
        }
        let order = if state == "running" {
            // The unary plus prevents a scan of the whole table in its order.
            "+m.id"
        } else {
            "m.priority DESC, m.id"
        };
        let sql = format!(
            "SELECT {columns} FROM {MESSAGE_FROM}
             WHERE m.state = '{state}'
               AND (?1 IS NULL OR a.channel = ?1) AND (?2 IS NULL OR a.name = ?2)
               AND (?3 IS NULL OR p.address IN (SELECT value FROM json_each(?3)))
               AND (?4 IS NULL OR c.persona IN (SELECT value FROM json_each(?4)))
               AND (?5 IS NULL OR c.agent IN (SELECT value FROM json_each(?5)))
               AND c.place NOT IN {NOT_IN}
             ORDER BY {order} LIMIT ?6"
        );
        let mut statement = connection.prepare_statement(&sql)?;
        let rows = statement.query_map(
            params![channel, account, addresses, personas, agents, limit, not_in],
            |row| read(row),
        )?;
        for row in rows {
            found.push(row?);
        }
    }
    found.truncate(query.limit);
    Ok(found)
}

fn read_queued(row: &Row<'_>) -> rusqlite::Result<Queued> {
    Ok(Queued {
        id: MessageId(row.get(0)?),
        conversation: ConversationId(row.get(1)?),
        place: read_place(row, 2)?,
        persona: read_text(row, 5)?.into(),
        external_id: ExternalId::within(read_text(row, 10)?, read_text(row, 6)?),
        state: read_message_state(row, 7)?,
        reason: row.get(8)?,
        attempts: row.get(9)?,
    })
}

/// The stored size of a message, in bytes: its text, files, route and additional fields.
fn message_size(row: &Row<'_>) -> rusqlite::Result<usize> {
    /// Names, ids and other fields of every message.
    const EVERY: usize = 512;
    let mut size = EVERY;
    for column in [5, 6, 8, 9] {
        size += match row.get_ref(column)? {
            ValueRef::Text(kept) => kept.len(),
            _ => 0,
        };
    }
    Ok(size)
}
