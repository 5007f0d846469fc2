//! Gives up messages without a configured channel or persona. Otherwise they would wait for ever.

use baton_core::id::MessageId;
use baton_core::message::MessageState;
use baton_core::notice;

use super::lanes::Lane;
use super::tx::Tx;

impl Tx<'_> {
    /// Gives up the waiting messages of a conversation whose channel or persona is no longer configured. A
    /// notice tells people, if the channel exists.
    pub(super) fn give_up_unanswerable(&mut self, lane: &Lane) -> rusqlite::Result<()> {
        let reason = if !self.memory.can_carry(&lane.place.channel) {
            notice::nobody_carries(&lane.place.channel)
        } else if !self.memory.can_answer(&lane.persona) {
            notice::nobody_answers(&lane.persona)
        } else {
            return Ok(());
        };
        let messages = self.all(
            "SELECT id, attempts FROM message WHERE conversation = ?1 AND state = 'waiting'
             ORDER BY id",
            [lane.id.0],
            |row| Ok((MessageId(row.get(0)?), row.get::<_, u32>(1)?)),
        )?;
        for (message, tried) in messages {
            self.set_state(lane, message, MessageState::Dead, Some(&reason))?;
            // Without the channel, no notice can be sent. The message still appears among the dead letters.
            if self.memory.can_carry(&lane.place.channel) {
                self.put_out(lane, None, &notice::gave_up(message, tried, &reason))?;
            }
        }
        self.refresh_head(lane.id)
    }
}
