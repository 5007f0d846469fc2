//! The order of positions in one chat, and the first new message of a worker.

use std::cmp::Ordering;
use std::sync::{Mutex, PoisonError};

use crate::ChatLayer;
use crate::connector::Position;

impl ChatLayer {
    /// Compares a position with a position that was known before. Without a history, a later arrival counts as
    /// later.
    pub(super) fn compare_positions(&self, arrived: &Position, known: &Position) -> Ordering {
        match self.connector.history() {
            Some(history) => history.compare(arrived, known),
            None if arrived == known => Ordering::Equal,
            None => Ordering::Greater,
        }
    }

    /// The position of a stored cursor; `None` if the cursor is no position.
    pub(super) fn parse_position(&self, stored: &str) -> Option<Position> {
        match self.connector.history() {
            Some(history) => history.parse_position(stored),
            None => Some(stored.into()),
        }
    }

    /// Whether a position comes after the known position. Each position comes after no position.
    pub(super) fn is_later(&self, arrived: &Position, known: Option<&Position>) -> bool {
        known.is_none_or(|known| self.compare_positions(arrived, known).is_gt())
    }
}

/// The position of the first new message for a worker, even if the worker has dropped the message.
#[derive(Debug, Default)]
pub(super) struct FirstPosition(Mutex<Option<Position>>);

impl FirstPosition {
    pub(super) fn keep_earliest(&self, layer: &ChatLayer, position: &Position) {
        let mut first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let is_earliest = first
            .as_ref()
            .is_none_or(|first| layer.compare_positions(position, first).is_lt());
        if is_earliest {
            *first = Some(position.clone());
        }
    }

    pub(super) fn position(&self) -> Option<Position> {
        let first = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        first.clone()
    }
}
