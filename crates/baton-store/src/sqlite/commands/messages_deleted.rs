//! Withdraws waiting messages that their authors deleted.

use baton_core::id::MessageId;
use baton_core::message::MessageState;
use baton_core::store::{MessagesDeleted, StoreError};

use super::message_edited::note_once;
use super::stop::withdraw;
use crate::sqlite::failure::Failure;
use crate::sqlite::rows::message_by_external_id;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

/// The reason for the withdrawal.
const DELETED: &str = "deleted where it was written";

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) MessagesDeleted);

impl writer::Command for Command {
    type Answer = Vec<MessageId>;
    type Error = StoreError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Vec<MessageId>, Failure<StoreError>> {
        let MessagesDeleted {
            channel,
            account,
            external_ids,
        } = &self.0;
        let mut withdrawn = Vec::new();
        for external_id in external_ids {
            let known = message_by_external_id(tx.connection, channel, account, external_id)?;
            let Some(known) = known else {
                continue;
            };
            if known.state != MessageState::Waiting {
                let what = format!("deleted when it was {}", known.state.as_str());
                note_once(tx, known.id.into(), &what)?;
                continue;
            }
            let Some(lane) = tx.lane(known.conversation)? else {
                continue;
            };
            withdraw(tx, &lane, &known, DELETED)?;
            withdrawn.push(known.id);
        }
        Ok(withdrawn)
    }
}
