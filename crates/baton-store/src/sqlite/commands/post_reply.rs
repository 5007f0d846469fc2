//! Records a reply that was written outside of a turn, once for each message.

use baton_core::name::ExternalId;
use baton_core::store::{PostReply, Posted, StoreError};
use rusqlite::params;

use crate::sqlite::failure::Failure;
use crate::sqlite::rows::to_json;
use crate::sqlite::tx::Tx;
use crate::sqlite::views::posts::read_reply;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) PostReply);

impl writer::Command for Command {
    type Answer = Posted;
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Posted, Failure<StoreError>> {
        let PostReply {
            route,
            external_id,
            message,
            text,
            extra,
        } = self.0.clone();
        let lane = tx.lane_of(&route)?;
        let known: Option<i64> = tx.first(
            "SELECT id FROM delivery WHERE account = ?1 AND external_id = ?2
             UNION ALL
             SELECT id FROM delivery WHERE message = ?3 AND operation = 'reply'",
            params![
                lane.account_id,
                external_id.as_ref().map(ExternalId::as_str),
                message.map(|message| message.0)
            ],
            |row| row.get(0),
        )?;
        if let Some(known) = known {
            return Ok(Posted::Duplicate(read_reply(tx.connection, known)?));
        }
        let extra = to_json(&extra);
        let id = tx.put_out_posted(
            &lane,
            message,
            external_id.as_ref(),
            &text,
            extra.as_deref(),
        )?;
        Ok(Posted::Stored(read_reply(tx.connection, id.0)?))
    }
}
