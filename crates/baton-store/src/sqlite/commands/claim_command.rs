//! Claims one message for an outside worker.

use baton_core::clock::millis;
use baton_core::message::MessageState;
use baton_core::store::{ClaimError, ClaimMessage, Claimed};

use crate::sqlite::row_values::read_message;
use crate::sqlite::turn_rows::TurnHolder;
use crate::sqlite::write_failure::WriteFailure;
use crate::sqlite::write_transaction::WriteTransaction;
use crate::sqlite::writer_thread::WriteCommand;

pub(in crate::sqlite) struct ClaimCommand(pub(in crate::sqlite) ClaimMessage);

impl WriteCommand for ClaimCommand {
    type Answer = Claimed;
    type Error = ClaimError;

    fn run(&mut self, tx: &mut WriteTransaction<'_>) -> Result<Claimed, WriteFailure<ClaimError>> {
        let ClaimMessage {
            message: id,
            worker,
            lease,
            agents,
        } = self.0.clone();
        let wanted = read_message(tx.connection, id)?
            .ok_or(WriteFailure::Refused(ClaimError::Unknown(id)))?;
        let conversation = tx
            .read_conversation(wanted.conversation)?
            .ok_or(WriteFailure::Refused(ClaimError::Unknown(id)))?;
        if !agents.contains(&conversation.agent) {
            let reason = format!(
                "{} answers the message, not an outside worker",
                conversation.agent
            );
            return Err(WriteFailure::Refused(ClaimError::NotClaimable {
                message: id,
                reason,
            }));
        }
        if wanted.state != MessageState::Waiting {
            let reason = format!("the message is {}", wanted.state.as_str());
            return Err(WriteFailure::Refused(ClaimError::NotClaimable {
                message: id,
                reason,
            }));
        }
        let must_wait = |reason: &str| {
            WriteFailure::Refused(ClaimError::NotItsTurn {
                message: id,
                reason: reason.to_owned(),
            })
        };
        if conversation.held_until.is_some() {
            return Err(must_wait(
                "the conversation pauses, and continues by itself",
            ));
        }
        if conversation.running.is_none() && conversation.head != Some(id.0) {
            return Err(must_wait("another message of the conversation comes first"));
        }
        // Only the unique index decides whether another turn runs.
        let lease_ms = millis(lease);
        match tx.begin_turn(&conversation, &TurnHolder::Worker(worker, lease_ms))? {
            Some(claim) => Ok(Claimed { claim, lease }),
            None => Err(must_wait(
                "another message of the conversation is being answered",
            )),
        }
    }
}
