//! Refuses a statement that reads a whole table which grows with what was: it would cost more with
//! every message. `SQLite` says how it carries a statement out; each is asked once in a process.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use rusqlite::Connection;

/// What may be read whole, as statements spell it: it grows with the configuration, or is made by the
/// statement itself.
const SMALL: &[&str] = &[
    "CONSTANT",
    "a",
    "account",
    "cursor",
    "epoch",
    "file",
    "json_each",
    "one",
    "owner",
    "refinery_schema_history",
    "sqlite_schema",
];

/// Indexes that may be read whole: each holds only what goes on now, or was given up.
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

/// Statements that read a growing table all the same: a part of each, and why it may.
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
        "INSERT INTO conversation",
        "a check of foreign keys, which is skipped while none is broken",
    ),
];

/// All statements that were asked about.
static KNOWN: Mutex<BTreeSet<String>> = Mutex::new(BTreeSet::new());

/// Fails where the statement reads through what grows.
pub(super) fn check(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    let new = KNOWN
        .lock()
        .unwrap_or_else(PoisonError::into_inner)
        .insert(sql.to_owned());
    if !new || EXCEPTIONS.iter().any(|(part, _)| sql.contains(part)) {
        return Ok(());
    }
    let steps = steps(connection, sql)?;
    let too_much = steps.iter().find(|step| reads_through(step));
    assert!(
        too_much.is_none(),
        "{too_much:?} reads a table whole that grows with every message; \
         give the statement an index, or name it in plans.rs with the reason: {sql}"
    );
    Ok(())
}

fn steps(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<String>> {
    let mut plan = connection.prepare(&format!("EXPLAIN QUERY PLAN {sql}"))?;
    // Its parameters stay unbound: the plan does not depend on them.
    let rows = plan.raw_query();
    rows.mapped(|row| row.get("detail")).collect()
}

/// Whether a step of a plan reads all rows of something that is not [`SMALL`] or [`PASSING`].
fn reads_through(step: &str) -> bool {
    let Some(read) = step.strip_prefix("SCAN ") else {
        return false;
    };
    let mut words = read.split(' ');
    let table = words.next().unwrap_or_default();
    // A part of the statement, whose own steps are listed beside this one.
    let part = table.starts_with('(');
    let index = read.split_once(" INDEX ").map(|(_, index)| index);
    !part && !SMALL.contains(&table) && index.is_none_or(|index| !PASSING.contains(&index))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database() -> Connection {
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
            check(&database(), sql).expect("a plan");
        }
    }

    #[test]
    #[should_panic = "reads a table whole"]
    fn s93_what_reads_all_messages_is_refused() {
        let _ = check(
            &database(),
            "SELECT count(*) FROM message m WHERE state = 'dead'",
        );
    }

    #[test]
    #[should_panic = "reads a table whole"]
    fn s93_what_reads_all_of_an_index_is_refused() {
        let _ = check(&database(), "SELECT count(*) FROM message");
    }
}
