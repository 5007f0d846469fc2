//! The invariants of the rows, for `debug_assert!`. Each check reads a few rows by an index, within the transaction
//! that changed the rows. A check that cannot read fails the transaction like any other read.

use baton_core::id::{ConversationId, TurnId};

use super::write_transaction::WriteTransaction;

/// The checked length of an outbox. A longer outbox is not read to its end, because each delivery would read the whole
/// outbox again.
const CHECKED_DELIVERIES: u32 = 16;

impl WriteTransaction<'_> {
    /// Whether this turn runs, and no other turn of its conversation.
    pub(super) fn runs_alone(
        &self,
        conversation: ConversationId,
        turn: TurnId,
    ) -> rusqlite::Result<bool> {
        let running: Vec<i64> = self.read_all(
            "SELECT id FROM turn WHERE conversation = ?1 AND state = 'running' LIMIT 2",
            [conversation.0],
            |row| row.get(0),
        )?;
        Ok(running == [turn.0])
    }

    /// Whether exactly one delivery in the outbox of the conversation is marked as the first. An empty outbox has
    /// no such delivery. In a long outbox, the marked delivery can be behind the checked ones.
    pub(super) fn has_one_first_delivery(
        &self,
        conversation: ConversationId,
    ) -> rusqlite::Result<bool> {
        let marks: Vec<bool> = self.read_all(
            "SELECT first FROM delivery
             WHERE conversation = ?1 AND state IN ('waiting', 'sending', 'unknown')
             ORDER BY id LIMIT ?2",
            (conversation.0, CHECKED_DELIVERIES),
            |row| row.get(0),
        )?;
        let marked = marks.iter().filter(|first| **first).count();
        let is_long = marks.len() == CHECKED_DELIVERIES as usize;
        Ok(marked == 1 || (marked == 0 && (marks.is_empty() || is_long)))
    }

    /// Whether each received message of this row of the tally is in one state.
    pub(super) fn is_each_message_counted_once(&self, place: i64) -> rusqlite::Result<bool> {
        let sums = self.read_first(
            "SELECT received, message_waiting + message_running + message_answered + message_dead
                              + message_refused + message_withdrawn
             FROM tally WHERE place = ?1",
            [place],
            |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?)),
        )?;
        Ok(sums.is_none_or(|(received, in_states)| received == in_states))
    }
}
