//! Records a reply that was written outside of a turn, once for each message.

use baton_core::name::ExternalId;
use baton_core::store::{PostReply, Posted, StoreError};
use rusqlite::params;

use crate::sqlite::queries::read_reply;
use crate::sqlite::row_values::to_json;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct PostReplyCommand(pub(in crate::sqlite) PostReply);

impl WriteCommand for PostReplyCommand {
    type Answer = Posted;
    type Error = StoreError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Posted, WriteFailure<StoreError>> {
        let PostReply {
            route,
            external_id,
            message,
            text,
            extra,
        } = self.0.clone();
        let conversation = tx.ensure_conversation(&route)?;
        let known: Option<i64> = tx.read_first(
            "SELECT id FROM delivery WHERE account = ?1 AND external_id = ?2
             UNION ALL
             SELECT id FROM delivery WHERE message = ?3 AND operation = 'reply'",
            params![
                conversation.account_id,
                external_id.as_ref().map(ExternalId::as_str),
                message.map(|message| message.0)
            ],
            |row| row.get(0),
        )?;
        if let Some(known) = known {
            return Ok(Posted::Duplicate(read_reply(tx.connection, known)?));
        }
        let extra = to_json(&extra);
        let id = tx.add_posted_reply(
            &conversation,
            message,
            external_id.as_ref(),
            &text,
            extra.as_deref(),
        )?;
        Ok(Posted::Stored(read_reply(tx.connection, id.0)?))
    }
}
