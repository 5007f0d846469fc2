//! Refuses a statement that scans a growing table, because its cost would grow with the history. Each
//! statement's query plan is checked once per process.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

/// Tables that may be scanned: tables that grow only with the configuration, tables of the statement itself, and
/// `incomplete_message`, which the chat layer bounds.
const SMALL: &[&str] = &[
    "CONSTANT",
    "a",
    "account",
    "cursor",
    "epoch",
    "file",
    "incomplete_message",
    "json_each",
    "one",
    "owner",
    "refinery_schema_history",
    "sqlite_schema",
];

/// Indexes that may be scanned: each holds only current work and dead letters.
const PASSING: &[&str] = &[
    "approval_asking",
    "approval_left",
    "approval_open",
    "conversation_held",
    "conversation_in_line",
    "conversation_ready",
    "delivery_dead",
    "delivery_held",
    "delivery_line",
    "delivery_one_sending",
    "delivery_ready",
    "message_dead",
    "message_running",
    "message_waiting",
    "topic_made",
    "turn_lease",
    "turn_one_running",
];

/// Statements that may scan a growing table: a part of the text of each, and the reason.
const EXCEPTIONS: &[(&str, &str)] = &[
    (
        "FROM event ORDER BY id LIMIT",
        "the oldest, and no more than are forgotten at once",
    ),
    (
        "WHERE TRUE AND (?1 IS NULL OR a.channel = ?1)",
        "the newest questions, until the page is full",
    ),
    (
        "FROM conversation WHERE persona = ?1 AND agent <> ?2",
        "all conversations, once at a start",
    ),
    (
        "UPDATE conversation SET agent = ?2, mode = ?3, window_ms = ?4\n             WHERE persona",
        "all conversations, once at a start",
    ),
    (
        "LEFT JOIN reported_topic r",
        "all topics, when an operator asks for the list",
    ),
    (
        "FROM reported_topic r CROSS JOIN account a",
        "all topics of people, when an operator asks for the list",
    ),
    (
        "INSERT INTO conversation",
        "a check of foreign keys, which is skipped while none is broken",
    ),
];

/// The statements already checked.
static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Fails if the statement scans a growing table.
pub(super) fn check_plan(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    let new = KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(sql.to_owned());
    if !new || EXCEPTIONS.iter().any(|(part, _)| sql.contains(part)) {
        return Ok(());
    }
    let steps = plan_steps(connection, sql)?;
    let too_much = steps.iter().find(|step| scans_growing_table(step));
    assert!(
        too_much.is_none(),
        "{too_much:?} reads a table whole that grows with every message; \
         give the statement an index, or name it in query_plans.rs with the reason: {sql}"
    );
    Ok(())
}

fn plan_steps(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    // The parameters stay unbound, because the plan does not depend on their values.
    let rows = plan.raw_query();
    rows.mapped(|row| row.get("detail")).collect()
}

/// Whether a step of a plan scans anything but [`SMALL`] and [`PASSING`].
fn scans_growing_table(step: &str) -> bool {
    let Some(read) = step.strip_prefix("SCAN ") else {
        return false;
    };
    let mut words = read.split(' ');
    let table = words.next().unwrap_or_default();
    // A subquery, whose own steps are listed separately.
    let part = table.starts_with('(');
    let index = read.split_once(" INDEX ").map(|(_, index)| index);
    !part && !SMALL.contains(&table) && index.is_none_or(|index| !PASSING.contains(&index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn test_database() -> Connection {
        let connection = Connection::open_in_memory().expect("a database");
        connection
            .execute_batch(
                "CREATE TABLE message (id INTEGER PRIMARY KEY, state TEXT, at INTEGER);
                 CREATE INDEX message_waiting ON message (at) WHERE state = 'waiting';
                 CREATE INDEX message_at ON message (at);",
            )
            .expect("a table");
        connection
    }

    #[test]
    fn s93_what_reads_what_goes_on_now_is_allowed() {
        for sql in [
            "SELECT max(id) FROM message",
            "SELECT * FROM message WHERE at > 1 ORDER BY at",
            "SELECT at FROM message WHERE state = 'waiting'",
            "SELECT m.id FROM json_each('[1]') one JOIN message m ON m.id = one.value",
        ] {
            check_plan(&test_database(), sql).expect("a plan");
        }
    }

    #[test]
    #[should_panic = "reads a table whole"]
    fn s93_what_reads_all_messages_is_refused() {
        let _ = check_plan(
            &test_database(),
            "SELECT count(*) FROM message m WHERE state = 'dead'",
        );
    }

    #[test]
    #[should_panic = "reads a table whole"]
    fn s93_what_reads_all_of_an_index_is_refused() {
        let _ = check_plan(&test_database(), "SELECT count(*) FROM message");
    }
}
