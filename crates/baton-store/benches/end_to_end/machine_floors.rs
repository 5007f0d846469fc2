//! Three floors of the machine. A program with callers can reach the first one; no such program can reach the
//! last one:
//!
//! * [`group_commit`]: a thread commits all queued rows together. Each producer waits until its row is
//!   durable before the next one. The number of producers is the benchmark's;
//! * [`plain_inserts`]: one thread writes the given number of rows per commit, and no producer waits;
//! * [`rows_a_second`]: plain prepared statements write exactly a message's rows to the same tables, in
//!   commits as large as the store's. As in the store, a message's rows belong to three commits: arrival, end
//!   of turn, and sending. A commit holds one of these steps for each of several messages. No question is
//!   asked and no task is woken.

use std::path::Path;
use std::time::{Duration, Instant};

use baton_core::clock::SystemClock;
use baton_store::sqlite::Sqlite;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, params};

use tokio::sync::oneshot;

use super::{BODY, CONVERSATIONS, MESSAGES, PRODUCERS, ROWS_A_MESSAGE, per_second};

#[expect(clippy::cast_possible_wrap, reason = "a small constant")]
const CONVERSATION_IDS: i64 = CONVERSATIONS as i64;

/// The rows of a message that a drain finds written: the message, and its conversation's update.
pub(super) const ROWS_OF_INGEST: usize = 2;

/// The statements of one message, step by step. `?1` is the number of the message, `?2` the number of the
/// conversation, `?3` a text.
const STEPS: [&[&str]; 3] = [&ARRIVES, &TURN_ENDS, &IS_SENT];

const ARRIVES: [&str; 5] = [
    "INSERT INTO message (id, conversation, place, account, external_id, author, author_name, text,
                          priority, at, state)
     VALUES (?1 * 4, ?2, ?2, 1, 'message-' || ?1, 'person', 'person', ?3, 5, 1700000000000,
             'waiting')",
    "UPDATE conversation SET waiting = waiting + 1, head = ?1 * 4, head_priority = 5
     WHERE id = ?2 AND ?3 <> ''",
    "INSERT INTO turn (id, conversation, agent, attempt, fence, generation, state, epoch, started_at)
     VALUES (?1 * 4 + 1, ?2, 'bench', 1, 1, 0, 'running', 1, 1700000000000 + (?3 <> ''))",
    "UPDATE message SET state = 'running', turn = ?1 * 4 + 1, attempts = attempts + 1
     WHERE id = ?1 * 4 AND conversation = ?2 AND ?3 <> ''",
    "UPDATE conversation SET running = ?1 * 4 + 1, fence = fence + 1, head = NULL,
         head_priority = NULL, waiting = waiting - 1 WHERE id = ?2 AND ?3 <> ''",
];

const TURN_ENDS: [&str; 4] = [
    "UPDATE turn SET state = 'done', ended_at = 1700000000000
     WHERE id = ?1 * 4 + 1 AND conversation = ?2 AND ?3 <> ''",
    "UPDATE message SET state = 'answered' WHERE id = ?1 * 4 AND conversation = ?2 AND ?3 <> ''",
    "INSERT INTO delivery (id, conversation, place, account, channel, message, turn, operation,
                           text, state, attempts, first, at)
     VALUES (?1 * 4 + 2, ?2, ?2, 1, 'bench', ?1 * 4, ?1 * 4 + 1, 'reply', ?3, 'sending', 1, 1,
             1700000000000)",
    "UPDATE conversation SET running = NULL WHERE id = ?2 AND ?1 > 0 AND ?3 <> ''",
];

const IS_SENT: [&str; 1] = [
    "UPDATE delivery SET state = 'sent', first = 0, posted = ?1 * 4 + 3, posted_at = 1700000000000
     WHERE id = ?1 * 4 + 2 AND conversation = ?2 AND ?3 <> ''",
];

/// Rows per second, with the given number of rows per commit.
pub(super) fn rows_a_second(folder: &Path, rows_a_commit: usize) -> f64 {
    let connection = connect_to_store(&folder.join("floor.db"));
    connection
        .execute_batch(&format!(
            "INSERT INTO account VALUES (1, 'bench', 'default');
             WITH RECURSIVE n (i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n
                                      WHERE i + 1 < {CONVERSATIONS})
             INSERT INTO place (id, account, address) SELECT i + 1, 1, 'room-' || i FROM n;
             INSERT INTO conversation (id, place, persona, agent, mode, window_ms)
             SELECT id, id, 'bench', 'bench', 'queue', 0 FROM place;"
        ))
        .expect("conversations");
    let messages_a_commit = rows_a_commit.div_ceil(ROWS_A_MESSAGE).max(1);
    let text = "x".repeat(BODY);
    let numbers: Vec<i64> = (1..).take(MESSAGES).collect();
    let batches: Vec<&[i64]> = numbers.chunks(messages_a_commit).collect();
    let begun = Instant::now();
    for commit in 0..batches.len() + STEPS.len() - 1 {
        run_statement(&connection, "BEGIN IMMEDIATE");
        for (behind, step) in STEPS.iter().enumerate() {
            let batch = commit
                .checked_sub(behind)
                .and_then(|batch| batches.get(batch));
            for number in batch.copied().unwrap_or_default() {
                for sql in *step {
                    let mut statement = connection.prepare_cached(sql).expect("a statement");
                    let conversation = number % CONVERSATION_IDS + 1;
                    let changed = statement.execute(params![number, conversation, text]);
                    assert_eq!(changed.expect("written"), 1, "{sql}");
                }
            }
        }
        run_statement(&connection, "COMMIT");
    }
    per_second(MESSAGES * ROWS_A_MESSAGE, begun.elapsed())
}

/// Rows per second of a writer that commits all queued rows, for waiting producers.
pub(super) async fn group_commit(folder: &Path) -> f64 {
    type Row = (i64, oneshot::Sender<()>);
    let connection = connect_to_texts(&folder.join("group.db"));
    let (rows, arrived) = std::sync::mpsc::channel::<Row>();
    let writer = std::thread::spawn(move || {
        let text = "x".repeat(BODY);
        while let Ok(first) = arrived.recv() {
            let batch: Vec<_> = std::iter::once(first).chain(arrived.try_iter()).collect();
            run_statement(&connection, "BEGIN IMMEDIATE");
            for (number, _) in &batch {
                insert_text(&connection, *number, &text);
            }
            run_statement(&connection, "COMMIT");
            for (_, durable) in batch {
                let _ = durable.send(());
            }
        }
    });
    let begun = Instant::now();
    let mut producers = tokio::task::JoinSet::new();
    let numbers: Vec<i64> = (1..).take(MESSAGES).collect();
    for share in numbers.chunks(MESSAGES.div_ceil(PRODUCERS)) {
        let (share, rows) = (share.to_vec(), rows.clone());
        producers.spawn(async move {
            for number in share {
                let (durable, wait) = oneshot::channel();
                rows.send((number, durable)).expect("the writer runs");
                wait.await.expect("the writer runs");
            }
        });
    }
    producers.join_all().await;
    let elapsed = begun.elapsed();
    drop(rows);
    writer.join().expect("the writer ends");
    per_second(MESSAGES, elapsed)
}

/// Rows per second without waiting producers, with the given number of rows per commit.
pub(super) fn plain_inserts(folder: &Path, rows_a_commit: usize) -> f64 {
    let connection = connect_to_texts(&folder.join("inserts.db"));
    let text = "x".repeat(BODY);
    let numbers: Vec<i64> = (1..).take(MESSAGES * 2).collect();
    let begun = Instant::now();
    for batch in numbers.chunks(rows_a_commit) {
        run_statement(&connection, "BEGIN IMMEDIATE");
        for number in batch {
            insert_text(&connection, *number, &text);
        }
        run_statement(&connection, "COMMIT");
    }
    per_second(numbers.len(), begun.elapsed())
}

/// A connection to a new table of texts.
fn connect_to_texts(path: &Path) -> Connection {
    let connection = connect_to_store(path);
    connection
        .execute_batch("CREATE TABLE one (id INTEGER PRIMARY KEY, text TEXT)")
        .expect("a table");
    connection
}

fn insert_text(connection: &Connection, number: i64, text: &str) {
    connection
        .prepare_cached("INSERT INTO one VALUES (?1, ?2)")
        .and_then(|mut insert| insert.execute(params![number, text]))
        .expect("a row");
}

/// Single durable commits, at any pace.
pub(super) struct PacedCommits {
    connection: Connection,
    rows: i64,
}

impl PacedCommits {
    pub(super) fn new(folder: &Path) -> Self {
        Self {
            connection: connect_to_texts(&folder.join("paced.db")),
            rows: 0,
        }
    }

    /// The time until one row is durable.
    pub(super) fn one_row(&mut self) -> Duration {
        self.rows += 1;
        let text = "x".repeat(BODY);
        let begun = Instant::now();
        insert_text(&self.connection, self.rows, &text);
        begun.elapsed()
    }
}

/// A connection to the store's own tables, with the store's durability.
fn connect_to_store(path: &Path) -> Connection {
    drop(Sqlite::open(path, SystemClock::shared()).expect("the tables"));
    let connection = Connection::open(path).expect("a database");
    connection.set_prepared_statement_cache_capacity(64);
    connection
        .set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)
        .expect("a setting");
    connection
        .execute_batch(
            "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;",
        )
        .expect("pragmas");
    connection
}

fn run_statement(connection: &Connection, sql: &str) {
    connection
        .prepare_cached(sql)
        .and_then(|mut statement| statement.execute([]))
        .expect(sql);
}
