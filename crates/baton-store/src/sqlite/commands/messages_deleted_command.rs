//! Withdraws waiting messages that their authors deleted.

use baton_core::id::MessageId;
use baton_core::message::MessageState;
use baton_core::store::{MessagesDeleted, StoreError};

use super::message_edited_command::record_event_once;
use super::stop_command::withdraw_message;
use crate::sqlite::row_values::read_message_by_external_id;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

/// The reason for the withdrawal.
const DELETED: &str = "deleted on the platform";

pub(in crate::sqlite) struct MessagesDeletedCommand(pub(in crate::sqlite) MessagesDeleted);

impl WriteCommand for MessagesDeletedCommand {
    type Answer = Vec<MessageId>;
    type Error = StoreError;

    fn run(
        &mut self,
        tx: &mut WriteTransaction<'_>,
    ) -> Result<Vec<MessageId>, WriteFailure<StoreError>> {
        let MessagesDeleted {
            channel,
            account,
            external_ids,
        } = &self.0;
        let mut withdrawn = Vec::new();
        for external_id in external_ids {
            let known = read_message_by_external_id(tx.connection, channel, account, external_id)?;
            let Some(known) = known else {
                continue;
            };
            if known.state != MessageState::Waiting {
                let what = format!("deleted when the message was {}", known.state.as_str());
                record_event_once(tx, known.id.into(), &what)?;
                continue;
            }
            let Some(conversation) = tx.read_conversation(known.conversation)? else {
                continue;
            };
            withdraw_message(tx, &conversation, &known, DELETED)?;
            withdrawn.push(known.id);
        }
        Ok(withdrawn)
    }
}
