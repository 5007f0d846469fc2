//! The part of the store's order from which a page is selected.

use baton_core::id::Seq;
use baton_core::store::Direction;

/// A range of numbers, without its two limits, and the direction of reading.
pub(super) struct PageSpan {
    pub(super) after: i64,
    pub(super) before: i64,
    pub(super) forwards: bool,
}

impl PageSpan {
    pub(super) fn from_direction(direction: Direction) -> Self {
        let (after, before, forwards) = match direction {
            Direction::After(seq) => (seq.0, i64::MAX, true),
            Direction::Before(seq) => (0, seq.0, false),
            Direction::Last => (0, i64::MAX, false),
        };
        Self {
            after,
            before,
            forwards,
        }
    }

    pub(super) fn sql_order(&self) -> &'static str {
        if self.forwards { "ASC" } else { "DESC" }
    }

    pub(super) fn nearer_number(&self, one: i64, other: i64) -> i64 {
        if self.forwards {
            one.min(other)
        } else {
            one.max(other)
        }
    }

    pub(super) fn contains_number(&self, number: i64) -> bool {
        self.after < number && number < self.before
    }

    /// Ends the span before this number, in the direction of reading.
    pub(super) fn end_before(&mut self, number: i64) {
        if self.forwards {
            self.before = number;
        } else {
            self.after = number;
        }
    }

    /// The limit at which the span starts, in the direction of reading.
    pub(super) fn start_limit(&self) -> Seq {
        Seq(if self.forwards {
            self.after
        } else {
            self.before
        })
    }

    /// The last number inside the span, in the direction of reading.
    pub(super) fn last_number(&self) -> Seq {
        if self.forwards {
            Seq(self.before - 1)
        } else {
            Seq(self.after + 1)
        }
    }
}
