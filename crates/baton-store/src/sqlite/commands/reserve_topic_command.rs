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
        let ReserveTopic {
            conversation,
            lease,
        } = self.0.clone();
        let known = tx.read_first(
            "SELECT platform_id, until, fence FROM topic WHERE conversation = ?1",
            [conversation.0],
            |row| {
                Ok((
                    row.get::<_, Option<String>>(0)?,
                    Steady(row.get(1)?),
                    row.get::<_, i64>(2)?,
                ))
            },
        )?;
        let fence = match known {
            Some((Some(platform_id), ..)) => return Ok(Reserved::Ready { platform_id }),
            Some((None, until, _)) if until > tx.steady => return Ok(Reserved::Taken),
            Some((None, _, fence)) => Fence(fence + 1),
            None => Fence(1),
        };
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
                millis(lease),
                tx.steady.after(lease).0
            ],
        )?;
        Ok(Reserved::Yours(fence))
    }
}
