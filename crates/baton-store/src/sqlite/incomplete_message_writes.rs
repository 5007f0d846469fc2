//! The rows of the messages that wait for their files.

use baton_core::store::{IncompleteId, NewIncompleteMessage};
use rusqlite::params;

use super::moved_places::{find_account, read_moved_address};
use super::write_transaction::WriteTransaction;

impl WriteTransaction<'_> {
    /// Adds an incomplete message, unless the store has the message already. A refused message may be accepted when it
    /// comes again. A chat that has moved gets its present id.
    pub(super) fn add_incomplete(&self, new: &NewIncompleteMessage) -> rusqlite::Result<()> {
        let (channel, account) = (new.channel.as_str(), new.account.as_str());
        self.run(
            "INSERT INTO account (channel, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            [channel, account],
        )?;
        let account = find_account(self.connection, channel, account)?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        let moved = read_moved_address(self.connection, account, &new.chat)?;
        self.run(
            "INSERT INTO incomplete_message (account, chat, id_space, external_id, content)
             SELECT ?1, ?2, ?3, ?4, ?5
             WHERE NOT EXISTS (SELECT 1 FROM message WHERE account = ?1 AND id_space = ?3
                                 AND external_id = ?4 AND state <> 'refused')
             ON CONFLICT (account, id_space, external_id) DO NOTHING",
            params![
                account,
                moved.as_ref().unwrap_or(&new.chat),
                new.external_id.space(),
                new.external_id.as_str(),
                new.content
            ],
        )
    }

    /// Removes an incomplete message. Returns whether it still waited.
    pub(super) fn remove_incomplete(&self, id: IncompleteId) -> rusqlite::Result<bool> {
        let removed = self.change_rows("DELETE FROM incomplete_message WHERE id = ?1", [id.0])?;
        Ok(removed > 0)
    }

    /// Gives the incomplete messages of a moved chat, and of the chats within, their new chat.
    pub(super) fn move_incomplete(
        &self,
        account: i64,
        from: &str,
        to: &str,
    ) -> rusqlite::Result<()> {
        // In the order of the bytes, `0` follows `/`.
        self.run(
            "UPDATE incomplete_message SET chat = ?3 || substr(chat, length(?2) + 1)
             WHERE account = ?1 AND (chat = ?2 OR (chat >= ?2 || '/' AND chat < ?2 || '0'))",
            params![account, from, to],
        )
    }
}
