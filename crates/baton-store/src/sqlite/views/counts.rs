//! How many there are in each state, counted where they are kept.

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::place::Place;
use baton_core::store::Counts;
use rusqlite::Connection;

use crate::sqlite::rows::{list_of, places_in};

/// Of all places but these.
pub(in crate::sqlite) fn read(
    connection: &Connection,
    outside: &[Place],
) -> rusqlite::Result<Counts> {
    let outside = list_of(outside);
    let mut counts = Counts::default();
    for state in MessageState::ALL {
        counts.messages.insert(state.as_str(), 0);
    }
    for state in DeliveryState::ALL {
        counts.deliveries.insert(state.as_str(), 0);
    }
    for (state, n) in by_state(
        connection,
        concat!(
            "SELECT state, count(*) FROM message WHERE place NOT IN ",
            places_in!("?1"),
            " GROUP BY state"
        ),
        &outside,
    )? {
        if let Some(state) = MessageState::parse(&state) {
            counts.messages.insert(state.as_str(), n);
        }
    }
    for (state, n) in by_state(
        connection,
        concat!(
            "SELECT state, count(*) FROM delivery WHERE place NOT IN ",
            places_in!("?1"),
            " GROUP BY state"
        ),
        &outside,
    )? {
        if let Some(state) = DeliveryState::parse(&state) {
            counts.deliveries.insert(state.as_str(), n);
        }
    }
    counts.conversations = connection
        .prepare_cached(concat!(
            "SELECT count(*) FROM conversation WHERE place NOT IN ",
            places_in!("?1")
        ))?
        .query_row([&outside], |row| {
            row.get::<_, i64>(0).map(i64::unsigned_abs)
        })?;
    Ok(counts)
}

fn by_state(
    connection: &Connection,
    sql: &str,
    outside: &str,
) -> rusqlite::Result<Vec<(String, u64)>> {
    connection
        .prepare_cached(sql)?
        .query_map([outside], |row| {
            Ok((row.get(0)?, row.get::<_, i64>(1)?.unsigned_abs()))
        })?
        .collect()
}
