//! Moves the places and topics of a chat that has another id now.
//!
//! Messages, turns, deliveries and approvals refer to the row of their place, so the command changes none of them. It adds
//! one delivery for each open approval, because people cannot press the buttons of the earlier chat.

use baton_core::id::ApprovalId;
use baton_core::notice;
use baton_core::store::{ChatMove, MoveReport, StoreError};
use rusqlite::params;

use crate::sqlite::moved_places::{find_account, read_moved_address};
use crate::sqlite::queries::read_approval;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct MoveChatCommand(pub(in crate::sqlite) ChatMove);

impl WriteCommand for MoveChatCommand {
    type Answer = MoveReport;
    type Error = StoreError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<MoveReport, WriteFailure<StoreError>> {
        let ChatMove {
            channel,
            account,
            from,
            to,
        } = &self.0;
        let (channel, name) = (channel.as_str(), account.as_str());
        tx.run(
            "INSERT INTO account (channel, name) VALUES (?1, ?2) ON CONFLICT DO NOTHING",
            [channel, name],
        )?;
        let account = find_account(tx.connection, channel, name)?
            .ok_or(rusqlite::Error::QueryReturnedNoRows)?;
        // The new id may have moved as well, if this report is late.
        let to = read_moved_address(tx.connection, account, to)?.unwrap_or_else(|| to.clone());
        let is_known = read_moved_address(tx.connection, account, from)?.is_some();
        if is_known || to == *from {
            return Ok(MoveReport::Known);
        }
        tx.run(
            "UPDATE moved_chat SET new_id = ?3 WHERE account = ?1 AND new_id = ?2",
            params![account, from, to],
        )?;
        tx.run(
            "INSERT INTO moved_chat (account, old_id, new_id) VALUES (?1, ?2, ?3)",
            params![account, from, to],
        )?;
        move_places(tx, account, from, &to)?;
        // A report about the new id is later, and counts.
        tx.run(
            "UPDATE OR IGNORE reported_topic SET address = ?3 || substr(address, length(?2) + 1)
             WHERE account = ?1 AND address >= ?2 || '/' AND address < ?2 || '0'",
            params![account, from, to],
        )?;
        tx.run(
            "DELETE FROM reported_topic
             WHERE account = ?1 AND address >= ?2 || '/' AND address < ?2 || '0'",
            params![account, from],
        )?;
        tx.move_incomplete(account, from, &to)?;
        Ok(MoveReport::Moved)
    }
}

/// A place of the moved chat.
struct MovedPlace {
    id: i64,
    /// The part of the address after the id of the chat.
    rest: String,
    is_aside: bool,
}

/// Gives the places within the chat their new addresses. A place that already has such an address is set aside.
fn move_places(
    tx: &mut WriteTransaction<'_>,
    account: i64,
    from: &str,
    to: &str,
) -> rusqlite::Result<()> {
    // In the order of the bytes, `0` follows `/`.
    let places = tx.read_all(
        "SELECT id, substr(address, length(?2) + 1), aside <> 0 FROM place
         WHERE account = ?1
           AND (address = ?2 OR (address >= ?2 || '/' AND address < ?2 || '0'))",
        params![account, from],
        |row| {
            Ok(MovedPlace {
                id: row.get(0)?,
                rest: row.get(1)?,
                is_aside: row.get(2)?,
            })
        },
    )?;
    for MovedPlace { id, rest, is_aside } in places {
        let address = format!("{to}{rest}");
        if !is_aside {
            tx.run(
                "UPDATE place SET aside = id WHERE account = ?1 AND address = ?2 AND aside = 0",
                params![account, address],
            )?;
        }
        tx.run(
            "UPDATE place SET address = ?2 WHERE id = ?1",
            params![id, address],
        )?;
        tx.run(
            "UPDATE topic SET platform_id = ?3 || substr(platform_id, length(?2) + 1)
             WHERE conversation IN (SELECT id FROM conversation WHERE place = ?1)
               AND (platform_id = ?2 OR (platform_id >= ?2 || '/' AND platform_id < ?2 || '0'))",
            params![id, from, to],
        )?;
        ask_again(tx, id)?;
    }
    Ok(())
}

/// Shows each open approval of a place once more. An approval without a time limit is still on its way, and goes to the
/// new chat by itself.
fn ask_again(tx: &mut WriteTransaction<'_>, place: i64) -> rusqlite::Result<()> {
    let open = tx.read_all(
        "SELECT q.id FROM approval q JOIN conversation c ON c.id = q.conversation
         WHERE c.place = ?1 AND q.state = 'open' AND q.until IS NOT NULL ORDER BY +q.id",
        [place],
        |row| row.get(0).map(ApprovalId),
    )?;
    for id in open {
        let Some(asked) = read_approval(tx.connection, id)? else {
            continue;
        };
        if let Some(conversation) = tx.read_conversation(asked.conversation)? {
            tx.add_to_outbox(&conversation, Some(asked.turn), &notice::question(&asked))?;
        }
    }
    Ok(())
}
