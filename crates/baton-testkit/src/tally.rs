//! Counts the rows of a database anew, and compares the counts with the sums stored by its commits.

use std::collections::BTreeMap;
use std::path::Path;

use rusqlite::Connection;

/// The counted rows: a column of `tally`, and the rows that the column counts.
const COUNTED: &[(&str, &str)] = &[
    ("received", "message"),
    ("message_waiting", "message WHERE state = 'waiting'"),
    ("message_running", "message WHERE state = 'running'"),
    ("message_answered", "message WHERE state = 'answered'"),
    ("message_dead", "message WHERE state = 'dead'"),
    ("message_refused", "message WHERE state = 'refused'"),
    ("message_withdrawn", "message WHERE state = 'withdrawn'"),
    ("delivery_waiting", "delivery WHERE state = 'waiting'"),
    ("delivery_sending", "delivery WHERE state = 'sending'"),
    ("delivery_sent", "delivery WHERE state = 'sent'"),
    ("delivery_unknown", "delivery WHERE state = 'unknown'"),
    ("delivery_dead", "delivery WHERE state = 'dead'"),
    ("conversations", "conversation"),
];

/// Describes each wrong sum in the database at `path`; empty if all are right.
pub fn miscounted(path: &Path) -> Vec<String> {
    let connection = Connection::open(path).expect("the database opens");
    let mut wrong = Vec::new();
    for (column, rows) in COUNTED {
        let mut counted = by_place(
            &connection,
            &format!("SELECT place, count(*) FROM {rows} GROUP BY place"),
        );
        // Place 0 has the sum of all places.
        counted.insert(0, counted.values().sum());
        let mut kept = by_place(&connection, &format!("SELECT place, {column} FROM tally"));
        counted.retain(|_, number| *number != 0);
        kept.retain(|_, number| *number != 0);
        if counted != kept {
            wrong.push(format!(
                "{column}, by place: kept {kept:?}, counted {counted:?}"
            ));
        }
    }
    wrong
}

fn by_place(connection: &Connection, sql: &str) -> BTreeMap<i64, i64> {
    let mut statement = connection.prepare(sql).expect("a statement");
    let rows = statement.query_map((), |row| Ok((row.get(0)?, row.get(1)?)));
    rows.expect("rows").map(|row| row.expect("a row")).collect()
}
