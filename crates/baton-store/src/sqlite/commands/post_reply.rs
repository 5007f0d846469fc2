//! Puts a reply into the outbox that was written outside a turn; once a message.

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
        let message = message.map(|message| message.0);
        let external_id = external_id.as_ref().map(ExternalId::as_str);
        let known: Option<i64> = tx.first(
            "SELECT id FROM delivery WHERE account = ?1 AND external_id = ?2
             UNION ALL
             SELECT id FROM delivery WHERE message = ?3 AND operation = 'reply'",
            params![lane.account_id, external_id, message],
            |row| row.get(0),
        )?;
        if let Some(known) = known {
            return Ok(Posted::Duplicate(read_reply(tx.connection, known)?));
        }
        let id = tx.next_seq();
        tx.run(
            "INSERT INTO delivery (id, conversation, place, account, channel, message, external_id,
                                   operation, text, extra, state, first, at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'reply', ?8, ?9, 'waiting',
                     NOT EXISTS (SELECT 1 FROM delivery WHERE conversation = ?2
                                 AND state IN ('waiting', 'sending', 'unknown')), ?10)",
            params![
                id.0,
                lane.id.0,
                lane.place_id,
                lane.account_id,
                lane.place.channel.as_str(),
                message,
                external_id,
                text,
                to_json(&extra),
                tx.wall.0
            ],
        )?;
        Ok(Posted::Stored(read_reply(tx.connection, id.0)?))
    }
}
