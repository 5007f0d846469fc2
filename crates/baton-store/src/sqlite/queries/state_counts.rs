//! The number of rows in each state, from the table `tally`. The query reads one row, and one more for each
//! excluded place. The messages that wait for their files are counted in their own table, which is small.

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use baton_core::place::Place;
use baton_core::store::Counts;
use rusqlite::{Connection, Row};

use super::incomplete_message_rows::count_incomplete;
use crate::sqlite::cached_statements::CachedStatements;
use crate::sqlite::row_values::{places_in, places_json};

/// The counts of all places except `outside`.
pub(in crate::sqlite) fn read_counts(
    connection: &Connection,
    outside: &[Place],
) -> rusqlite::Result<Counts> {
    let counts = connection
        .prepare_statement(concat!(
            "SELECT sum(iif(place = 0, received, -received)),
                    sum(iif(place = 0, message_waiting, -message_waiting)),
                    sum(iif(place = 0, message_running, -message_running)),
                    sum(iif(place = 0, message_answered, -message_answered)),
                    sum(iif(place = 0, message_dead, -message_dead)),
                    sum(iif(place = 0, message_refused, -message_refused)),
                    sum(iif(place = 0, message_withdrawn, -message_withdrawn)),
                    sum(iif(place = 0, delivery_waiting, -delivery_waiting)),
                    sum(iif(place = 0, delivery_sending, -delivery_sending)),
                    sum(iif(place = 0, delivery_sent, -delivery_sent)),
                    sum(iif(place = 0, delivery_unknown, -delivery_unknown)),
                    sum(iif(place = 0, delivery_dead, -delivery_dead)),
                    sum(iif(place = 0, conversations, -conversations))
             FROM tally WHERE place IN (SELECT 0 UNION ALL SELECT id FROM ",
            places_in!("?1"),
            ")"
        ))?
        .query_row([places_json(outside)], read_counts_row)?;
    let incomplete = count_incomplete(connection)?;
    Ok(Counts {
        incomplete,
        ..counts
    })
}

fn read_counts_row(row: &Row<'_>) -> rusqlite::Result<Counts> {
    let mut at = 0..;
    let mut next = || {
        let number: i64 = row.get(at.next().unwrap_or_default())?;
        Ok::<_, rusqlite::Error>(number.unsigned_abs())
    };
    let received = next()?;
    let mut counts = Counts {
        received,
        ..Counts::default()
    };
    for state in MessageState::ALL {
        counts.messages.insert(state.as_str(), next()?);
    }
    for state in DeliveryState::ALL {
        counts.deliveries.insert(state.as_str(), next()?);
    }
    counts.conversations = next()?;
    Ok(counts)
}
