//! Claims the first ready message for an outside worker.

use baton_core::clock::millis;
use baton_core::id::ConversationId;
use baton_core::name::PersonaName;
use baton_core::store::{ClaimNext, Claimed, StoreError};
use rusqlite::params;

use crate::sqlite::row_values::{places_in, places_json};
use crate::sqlite::turn_rows::TurnHolder;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ClaimNextCommand(pub(in crate::sqlite) ClaimNext);

impl WriteCommand for ClaimNextCommand {
    type Answer = Option<Claimed>;
    type Error = StoreError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Option<Claimed>, WriteFailure<StoreError>> {
        let Some(conversation) = self.find_ready_conversation(tx)? else {
            return Ok(None);
        };
        let Some(conversation) = tx.read_conversation(conversation)? else {
            return Ok(None);
        };
        let ClaimNext { worker, lease, .. } = self.0.clone();
        let claim = tx.begin_turn(&conversation, &TurnHolder::Worker(worker, millis(lease)))?;
        Ok(claim.map(|claim| Claimed { claim, lease }))
    }
}

impl ClaimNextCommand {
    fn find_ready_conversation(
        &self,
        tx: &WriteTransaction<'_>,
    ) -> rusqlite::Result<Option<ConversationId>> {
        let names = |names: Vec<&str>| serde_json::Value::from(names).to_string();
        let personas = names(self.0.personas.iter().map(PersonaName::as_str).collect());
        let not_in = places_json(&self.0.not_in);
        let of = self.0.of.as_ref();
        let channel = of.map(|(channel, _)| channel.as_str());
        let account = of.map(|(_, account)| account.as_str());
        let mut ready = Vec::new();
        for agent in &self.0.agents {
            ready.extend(tx.read_first(
                concat!(
                    "SELECT head_priority, head, id FROM conversation
                     WHERE agent = ?1 AND head IS NOT NULL AND running IS NULL
                       AND held_until IS NULL
                       AND (?2 = '[]' OR persona IN (SELECT value FROM json_each(?2)))
                       AND place NOT IN ",
                    places_in!("?3"),
                    " AND (?4 IS NULL OR place IN (
                         SELECT p.id FROM place p JOIN account a ON a.id = p.account
                         WHERE a.channel = ?4 AND a.name = ?5))
                      ORDER BY head_priority DESC, head LIMIT 1"
                ),
                params![agent.as_str(), personas, not_in, channel, account],
                |row| {
                    let (priority, head): (i64, i64) = (row.get(0)?, row.get(1)?);
                    Ok((-priority, head, row.get(2)?))
                },
            )?);
        }
        Ok(ready.into_iter().min().map(|(_, _, id)| ConversationId(id)))
    }
}
