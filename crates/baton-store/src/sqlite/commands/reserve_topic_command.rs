//! Reserves the only topic of a conversation, before the platform creates the topic.

use baton_core::clock::{Steady, millis};
use baton_core::id::Fence;
use baton_core::store::{ReserveTopic, Reserved, StoreError};
use baton_core::topic::TopicState;
use rusqlite::params;

use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ReserveTopicCommand(pub(in crate::sqlite) ReserveTopic);

impl WriteCommand for ReserveTopicCommand {
    type Answer = Reserved;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Reserved, WriteFailure<StoreError>> {
        Ok(reserve_topic(tx, &self.0)?)
    }
}

/// The row of a reserved topic.
struct ReservedRow {
    platform_id: Option<String>,
    until: Steady,
    fence: i64,
    gone_fence: i64,
}

/// Reserves the topic within a command.
pub(super) fn reserve_topic(
    tx: &WriteTransaction<'_>,
    reserve: &ReserveTopic,
) -> rusqlite::Result<Reserved> {
    let conversation = reserve.conversation;
    let known = tx.read_first(
        "SELECT platform_id, until, fence, gone_fence FROM topic WHERE conversation = ?1",
        [conversation.0],
        |row| {
            Ok(ReservedRow {
                platform_id: row.get(0)?,
                until: Steady(row.get(1)?),
                fence: row.get(2)?,
                gone_fence: row.get(3)?,
            })
        },
    )?;
    let reserved = match known {
        Some(ReservedRow {
            platform_id: Some(platform_id),
            ..
        }) => return Ok(Reserved::Ready { platform_id }),
        Some(row) if reserve.held == Some(Fence(row.fence)) => Reserved::Yours(Fence(row.fence)),
        Some(row) if row.until > tx.steady => return Ok(Reserved::Taken),
        // Nobody has reserved the topic since the last one was gone.
        Some(row) if row.fence == row.gone_fence => Reserved::Yours(Fence(row.fence + 1)),
        Some(row) => Reserved::Inherited(Fence(row.fence + 1)),
        None => Reserved::Yours(Fence(1)),
    };
    if let Reserved::Yours(fence) | Reserved::Inherited(fence) = &reserved {
        tx.run(
            "INSERT INTO topic (conversation, state, fence, lease_ms, until)
             VALUES (?1, ?2, ?3, ?4, ?5)
             ON CONFLICT (conversation) DO UPDATE SET
                 state = excluded.state, fence = excluded.fence, lease_ms = excluded.lease_ms,
                 until = excluded.until",
            params![
                conversation.0,
                TopicState::Reserved.as_str(),
                fence.0,
                millis(reserve.lease),
                tx.steady.after(reserve.lease).0
            ],
        )?;
    }
    Ok(reserved)
}
