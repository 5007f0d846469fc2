//! The history of a message or a delivery, from its row, its turn, its deliveries, and the recorded events.

use baton_core::clock::Wall;
use baton_core::id::{MessageId, Seq};
use baton_core::message::Message;
use baton_core::store::TraceLine;
use rusqlite::{Connection, params};

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::read_message;

pub(in crate::sqlite) fn read_trace(
    connection: &Connection,
    id: Seq,
) -> rusqlite::Result<Vec<TraceLine>> {
    let mut lines = Vec::new();
    if let Some(message) = read_message(connection, MessageId(id.0))? {
        add_message_lines(connection, &message, &mut lines)?;
    } else {
        add_delivery_lines(connection, "id", id.0, &mut lines)?;
    }
    Ok(lines)
}

fn add_message_lines(
    connection: &Connection,
    message: &Message,
    lines: &mut Vec<TraceLine>,
) -> rusqlite::Result<()> {
    let place = &message.place;
    lines.push(TraceLine {
        at: message.at,
        what: format!(
            "message {} received from {} in {} {}, for {}",
            message.id, message.author.name, place.channel, place.address, message.persona
        ),
        detail: None,
    });
    add_event_lines(connection, Seq(message.id.0), lines)?;
    if let Some(turn) = message.turn {
        add_turn_lines(connection, turn.0, lines)?;
    }
    add_delivery_lines(connection, "message", message.id.0, lines)?;
    lines.sort_by_key(|line| line.at);
    let reason = message
        .reason
        .as_ref()
        .map(|reason| format!(": {reason}"))
        .unwrap_or_default();
    lines.push(TraceLine {
        at: lines.last().map_or(message.at, |line| line.at),
        what: format!("now {}{reason}", message.state.as_str()),
        detail: None,
    });
    Ok(())
}

fn add_turn_lines(
    connection: &Connection,
    turn: i64,
    lines: &mut Vec<TraceLine>,
) -> rusqlite::Result<()> {
    connection
        .prepare_statement(
            "SELECT started_at, agent, attempt, worker, ended_at, state, reason, detail
             FROM turn WHERE id = ?1",
        )?
        .query_row([turn], |row| {
            let (agent, attempt): (String, u32) = (row.get(1)?, row.get(2)?);
            let by = row.get::<_, Option<String>>(3)?;
            let by = by
                .map(|worker| format!(" by worker {worker}"))
                .unwrap_or_default();
            lines.push(TraceLine {
                at: Wall(row.get(0)?),
                what: format!("turn {turn} began: agent {agent}{by}, try {attempt}"),
                detail: None,
            });
            if let Some(ended) = row.get::<_, Option<i64>>(4)? {
                let (state, reason): (String, Option<String>) = (row.get(5)?, row.get(6)?);
                let reason = reason
                    .map(|reason| format!(": {reason}"))
                    .unwrap_or_default();
                lines.push(TraceLine {
                    at: Wall(ended),
                    what: format!("turn {turn} ended {state}{reason}"),
                    detail: row.get(7)?,
                });
            }
            Ok(())
        })
}

fn add_delivery_lines(
    connection: &Connection,
    by: &str,
    id: i64,
    lines: &mut Vec<TraceLine>,
) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_statement(&format!(
        "SELECT id, operation, at, state, attempts, posted_at, reason
         FROM delivery WHERE {by} = ?1 ORDER BY id"
    ))?;
    let mut rows = statement.query([id])?;
    while let Some(row) = rows.next()? {
        let (delivery, operation): (i64, String) = (row.get(0)?, row.get(1)?);
        lines.push(TraceLine {
            at: Wall(row.get(2)?),
            what: format!("delivery {delivery} ({operation}) put into the outbox"),
            detail: None,
        });
        add_event_lines(connection, Seq(delivery), lines)?;
        let last = lines.last().map_or(0, |line| line.at.0);
        let sent: Option<i64> = row.get(5)?;
        let what = if sent.is_some() {
            format!("delivery {delivery} sent, at try {}", row.get::<_, u32>(4)?)
        } else {
            let (state, reason): (String, Option<String>) = (row.get(3)?, row.get(6)?);
            let reason = reason
                .map(|reason| format!(": {reason}"))
                .unwrap_or_default();
            format!("delivery {delivery} is {state}{reason}")
        };
        lines.push(TraceLine {
            at: Wall(sent.unwrap_or(last)),
            what,
            detail: None,
        });
    }
    Ok(())
}

fn add_event_lines(
    connection: &Connection,
    subject: Seq,
    lines: &mut Vec<TraceLine>,
) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_statement("SELECT at, what, detail FROM event WHERE subject = ?1 ORDER BY id")?;
    let events = statement.query_map(params![subject.0], |row| {
        Ok(TraceLine {
            at: Wall(row.get(0)?),
            what: row.get(1)?,
            detail: row.get(2)?,
        })
    })?;
    for event in events {
        lines.push(event?);
    }
    Ok(())
}
