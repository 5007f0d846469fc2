//! The numbers of rows in each state. Each commit with a change of state updates these numbers, so that no reader
//! counts rows.
//!
//! Commands report each change of state of a message or delivery. The end of the transaction writes the sums, into one
//! row for each place and one row for all places. A message stored and begun in one commit counts as one change.

use std::collections::BTreeMap;

use baton_core::delivery::DeliveryState;
use baton_core::message::MessageState;
use rusqlite::params_from_iter;

use super::write_transaction::WriteTransaction;

/// The row for all places.
const ALL_PLACES: i64 = 0;

/// The columns for messages: the received messages, and the messages in each state.
const MESSAGE_COLUMNS: usize = 1 + MessageState::ALL.len();

/// The number of counting columns in a row.
const COLUMNS: usize = MESSAGE_COLUMNS + DeliveryState::ALL.len() + 1;

/// The columns of the table `tally`, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum TallyColumn {
    Received,
    Messages(MessageState),
    Deliveries(DeliveryState),
    Conversations,
}

impl TallyColumn {
    fn index(self) -> usize {
        match self {
            Self::Received => 0,
            Self::Messages(state) => 1 + state as usize,
            Self::Deliveries(state) => MESSAGE_COLUMNS + state as usize,
            Self::Conversations => MESSAGE_COLUMNS + DeliveryState::ALL.len(),
        }
    }
}

/// A change of one count in one place.
#[derive(Clone, Copy, Debug)]
pub(super) struct TallyChange {
    place: i64,
    column: TallyColumn,
    by: i64,
}

impl WriteTransaction<'_> {
    /// Counts a new message in this state.
    pub(super) fn count_received(&mut self, place: i64, state: MessageState) {
        self.change_count(place, TallyColumn::Received, 1);
        self.change_count(place, TallyColumn::Messages(state), 1);
    }

    /// Counts the move of a message from one state to another.
    pub(super) fn count_message(&mut self, place: i64, from: MessageState, to: MessageState) {
        self.change_count(place, TallyColumn::Messages(from), -1);
        self.change_count(place, TallyColumn::Messages(to), 1);
    }

    /// Counts the move of a delivery from one state to another; `None` means before the creation, or after the removal.
    pub(super) fn count_delivery(
        &mut self,
        place: i64,
        from: Option<DeliveryState>,
        to: Option<DeliveryState>,
    ) {
        self.count_deliveries(place, from, to, 1);
    }

    /// Counts several deliveries.
    pub(super) fn count_deliveries(
        &mut self,
        place: i64,
        from: Option<DeliveryState>,
        to: Option<DeliveryState>,
        number: i64,
    ) {
        if let Some(from) = from {
            self.change_count(place, TallyColumn::Deliveries(from), -number);
        }
        if let Some(to) = to {
            self.change_count(place, TallyColumn::Deliveries(to), number);
        }
    }

    /// Counts a new conversation.
    pub(super) fn count_conversation(&mut self, place: i64) {
        self.change_count(place, TallyColumn::Conversations, 1);
    }

    fn change_count(&mut self, place: i64, column: TallyColumn, by: i64) {
        self.effects
            .add_tally_change(TallyChange { place, column, by });
    }

    /// Writes the changes of this transaction.
    pub(super) fn record_tally(&mut self) -> rusqlite::Result<()> {
        let steps = self.effects.take_tally_changes();
        if steps.is_empty() {
            return Ok(());
        }
        let mut rows: BTreeMap<i64, [i64; COLUMNS]> = BTreeMap::new();
        for TallyChange { place, column, by } in steps {
            for place in [ALL_PLACES, place] {
                rows.entry(place).or_insert([0; COLUMNS])[column.index()] += by;
            }
        }
        for (place, row) in rows {
            if row.iter().any(|by| *by != 0) {
                self.run(ADD, params_from_iter(std::iter::once(place).chain(row)))?;
            }
            let moved_messages = row[..MESSAGE_COLUMNS].iter().any(|by| *by != 0);
            debug_assert!(
                !moved_messages || self.is_each_message_counted_once(place)?,
                "nothing vanishes: received = answered + waiting + running + dead + refused + withdrawn"
            );
        }
        Ok(())
    }
}

const ADD: &str =
    "INSERT INTO tally VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
    ON CONFLICT (place) DO UPDATE SET
        received = received + ?2,
        message_waiting = message_waiting + ?3,
        message_running = message_running + ?4,
        message_answered = message_answered + ?5,
        message_dead = message_dead + ?6,
        message_refused = message_refused + ?7,
        message_withdrawn = message_withdrawn + ?8,
        delivery_waiting = delivery_waiting + ?9,
        delivery_sending = delivery_sending + ?10,
        delivery_sent = delivery_sent + ?11,
        delivery_unknown = delivery_unknown + ?12,
        delivery_dead = delivery_dead + ?13,
        conversations = conversations + ?14";
