//! Approvals and their outcomes.

use std::time::Duration;

use baton_core::approval::{Approval, ApprovalState, Choice, Wants};
use baton_core::clock::Wall;
use baton_core::id::{ApprovalId, ConversationId, MessageId, TurnId};
use baton_core::message::Author;
use baton_core::store::ApprovalsQuery;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde_json::Value;

use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{
    column_error, is_column_error, places_in, places_json, read_place, read_text,
};

const NOT_IN: &str = places_in!("?4");

const APPROVAL: &str = "q.id, q.turn, q.conversation, a.channel, a.name, p.address, c.persona,
    q.message, q.question, q.deciders, q.state, q.granted IS NOT NULL, q.answers, q.decided_by,
    q.decided_by_name, q.reason, q.at, q.within_ms, q.expires_at";

const FROM: &str = "FROM approval q
    JOIN conversation c ON c.id = q.conversation
    JOIN place p ON p.id = c.place
    JOIN account a ON a.id = p.account";

/// Reads one approval.
pub(in crate::sqlite) fn read_approval(
    connection: &Connection,
    id: ApprovalId,
) -> rusqlite::Result<Option<Approval>> {
    connection
        .prepare_statement(&format!("SELECT {APPROVAL} {FROM} WHERE q.id = ?1"))?
        .query_row([id.0], read_approval_row)
        .optional()
}

/// Reads the platform's id of the sent question. A turn has few deliveries, which the index finds by the message.
pub(in crate::sqlite) fn read_sent_card(
    connection: &Connection,
    id: ApprovalId,
) -> rusqlite::Result<Option<String>> {
    let found = connection
        .prepare_statement(
            "SELECT d.platform_id FROM approval q JOIN delivery d ON d.message = q.message
             WHERE q.id = ?1 AND d.operation = 'question' AND d.state = 'sent'
               AND d.extra ->> 'approval' = q.id
             ORDER BY d.id DESC LIMIT 1",
        )?
        .query_row([id.0], |row| row.get(0))
        .optional()?;
    Ok(found.flatten())
}

/// Lists approvals, newest first, without their inputs, as many as fit. The query sorts the approvals without
/// their questions. Only the listed approvals are then read in full.
pub(in crate::sqlite) fn list_approvals(
    connection: &Connection,
    query: &ApprovalsQuery,
) -> rusqlite::Result<Vec<Approval>> {
    let mut approvals: Vec<Approval> = Vec::new();
    let mut left = query.bytes;
    for id in list_approval_ids(connection, query)? {
        let mut approval = match read_approval(connection, id) {
            Ok(Some(approval)) => approval,
            Ok(None) => continue,
            // The other approvals can still be decided.
            Err(error) if is_column_error(&error) => {
                tracing::error!(%error, "an approval cannot be read, and is not listed");
                continue;
            }
            Err(error) => return Err(error),
        };
        approval.question.input = Value::Null;
        match left.checked_sub(approval_size(&approval)) {
            Some(rest) => left = rest,
            None if approvals.is_empty() => left = 0,
            None => break,
        }
        approvals.push(approval);
    }
    Ok(approvals)
}

fn list_approval_ids(
    connection: &Connection,
    query: &ApprovalsQuery,
) -> rusqlite::Result<Vec<ApprovalId>> {
    let (channel, account) = match &query.of {
        Some((channel, account)) => (Some(channel.as_str()), Some(account.as_str())),
        None => (None, None),
    };
    // Few approvals are open, so sorting them is cheaper than a scan of all approvals in order.
    let (open, order) = if query.only_open {
        ("q.state = 'open'", "+q.id")
    } else {
        ("TRUE", "q.id")
    };
    let addresses = query.addresses.as_ref();
    let addresses = addresses.map(|addresses| Value::from(addresses.as_slice()).to_string());
    let not_in = places_json(&query.not_in);
    let limit = i64::try_from(query.limit).unwrap_or(i64::MAX);
    connection
        .prepare_statement(&format!(
            "SELECT q.id {FROM} WHERE {open} AND (?1 IS NULL OR a.channel = ?1)
                 AND (?2 IS NULL OR a.name = ?2)
                 AND (?3 IS NULL OR p.address IN (SELECT value FROM json_each(?3)))
                 AND c.place NOT IN {NOT_IN} ORDER BY {order} DESC LIMIT ?5"
        ))?
        .query_map(params![channel, account, addresses, not_in, limit], |row| {
            row.get(0).map(ApprovalId)
        })?
        .collect()
}

/// The approximate memory of an approval without its input, in bytes.
fn approval_size(approval: &Approval) -> usize {
    /// Names, numbers and other fields of every approval.
    const EVERY: usize = 512;
    let Approval {
        question, answers, ..
    } = approval;
    let choices: &[Choice] = match &question.wants {
        Wants::Answers { choices } => choices,
        Wants::Permission { .. } => &[],
    };
    let choices = choices.iter().map(|choice| {
        let options = choice.options.iter();
        let options = options.map(|it| EVERY + it.label.len() + it.description.len());
        EVERY + choice.header.len() + choice.text.len() + options.sum::<usize>()
    });
    let answers = answers.iter().map(String::len);
    EVERY + question.title.len() + choices.sum::<usize>() + answers.sum::<usize>()
}

fn read_approval_row(row: &Row<'_>) -> rusqlite::Result<Approval> {
    let kept = |at: usize| {
        serde_json::from_str::<serde_json::Value>(read_text(row, at)?)
            .map_err(|error| column_error(at, error))
    };
    let word = read_text(row, 10)?;
    let answers = match row.get_ref(12)?.as_str_or_null() {
        Ok(None) => Vec::new(),
        Ok(Some(answers)) => {
            serde_json::from_str(answers).map_err(|error| column_error(12, error))?
        }
        Err(error) => return Err(column_error(12, error)),
    };
    let by: Option<(String, String)> = row
        .get::<_, Option<String>>(13)?
        .zip(row.get::<_, Option<String>>(14)?);
    Ok(Approval {
        id: ApprovalId(row.get(0)?),
        turn: TurnId(row.get(1)?),
        conversation: ConversationId(row.get(2)?),
        place: read_place(row, 3)?,
        persona: read_text(row, 6)?.into(),
        message: MessageId(row.get(7)?),
        question: serde_json::from_value(kept(8)?).map_err(|error| column_error(8, error))?,
        deciders: serde_json::from_value(kept(9)?).map_err(|error| column_error(9, error))?,
        state: ApprovalState::parse(word)
            .ok_or_else(|| column_error(10, format!("no such state: {word}")))?,
        for_session: row.get(11)?,
        answers,
        decided_by: by.map(|(id, name)| Author {
            id: id.into(),
            name,
        }),
        reason: row.get(15)?,
        at: Wall(row.get(16)?),
        within: Duration::from_millis(row.get::<_, i64>(17)?.unsigned_abs()),
        expires_at: row.get::<_, Option<i64>>(18)?.map(Wall),
    })
}
