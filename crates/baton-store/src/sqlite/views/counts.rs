//! How many there are in each state, counted where they are kept.

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::store::Counts;
use rusqlite::Connection;

pub(in crate::sqlite) fn read(connection: &Connection) -> rusqlite::Result<Counts> {
    let mut counts = Counts::default();
    for state in MessageState::ALL {
        counts.messages.insert(state.as_str(), 0);
    }
    for state in DeliveryState::ALL {
        counts.deliveries.insert(state.as_str(), 0);
    }
    for (state, n) in by_state(
        connection,
        "SELECT state, count(*) FROM message GROUP BY state",
    )? {
        if let Some(state) = MessageState::parse(&state) {
            counts.messages.insert(state.as_str(), n);
        }
    }
    for (state, n) in by_state(
        connection,
        "SELECT state, count(*) FROM delivery GROUP BY state",
    )? {
        if let Some(state) = DeliveryState::parse(&state) {
            counts.deliveries.insert(state.as_str(), n);
        }
    }
    counts.conversations = connection
        .prepare_cached("SELECT count(*) FROM conversation")?
        .query_row([], |row| row.get::<_, i64>(0).map(i64::unsigned_abs))?;
    Ok(counts)
}

fn by_state(connection: &Connection, sql: &str) -> rusqlite::Result<Vec<(String, u64)>> {
    connection
        .prepare_cached(sql)?
        .query_map([], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?
        .collect()
}
