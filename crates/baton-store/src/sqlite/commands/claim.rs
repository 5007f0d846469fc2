//! Claims one message for an outside worker.

use baton_core::clock::millis;
use baton_core::message::MessageState;
use baton_core::store::{ClaimError, ClaimMessage, Claimed};

use crate::sqlite::failure::Failure;
use crate::sqlite::rows::message;
use crate::sqlite::turns::Holder;
use crate::sqlite::tx::Tx;
use crate::sqlite::writer;

pub(in crate::sqlite) struct Command(pub(in crate::sqlite) ClaimMessage);

impl writer::Command for Command {
    type Answer = Claimed;
    type Error = ClaimError;

    fn run(&mut self, tx: &mut Tx<'_>) -> Result<Claimed, Failure<ClaimError>> {
        let ClaimMessage {
            message: id,
            worker,
            lease,
            agents,
        } = self.0.clone();
        let wanted =
            message(tx.connection, id)?.ok_or(Failure::Refused(ClaimError::Unknown(id)))?;
        let lane = tx
            .lane(wanted.conversation)?
            .ok_or(Failure::Refused(ClaimError::Unknown(id)))?;
        if !agents.contains(&lane.agent) {
            let reason = format!("{} answers it, not an outside worker", lane.agent);
            return Err(Failure::Refused(ClaimError::NotClaimable {
                message: id,
                reason,
            }));
        }
        if wanted.state != MessageState::Waiting {
            let reason = format!("it is {}", wanted.state.as_str());
            return Err(Failure::Refused(ClaimError::NotClaimable {
                message: id,
                reason,
            }));
        }
        let must_wait = |reason: &str| {
            Failure::Refused(ClaimError::NotItsTurn {
                message: id,
                reason: reason.to_owned(),
            })
        };
        if lane.held_until.is_some() {
            return Err(must_wait("its conversation rests; it goes on by itself"));
        }
        if lane.running.is_none() && lane.head != Some(id.0) {
            return Err(must_wait("another message of its conversation comes first"));
        }
        // Only the unique index decides whether another turn runs.
        let lease_ms = millis(lease);
        match tx.begin_turn(&lane, &Holder::Worker(worker, lease_ms))? {
            Some(claim) => Ok(Claimed { claim, lease }),
            None => Err(must_wait(
                "another message of its conversation is being answered",
            )),
        }
    }
}
