//! The turns: claims, the writes of their holders, and their ends.

use std::time::Duration;

use async_trait::async_trait;

use super::{
    Attach, ClaimError, ClaimMessage, ClaimNext, Claimed, Finish, KeepTranscript, LeaseError,
    RenewError, StoreError, Work,
};
use crate::id::{Fence, MessageId, TurnId};
use crate::name::{AgentName, SessionId, WorkerId};
use crate::slots::Slot;

/// Hands out turns, and records the writes of their holders.
///
/// * Order: a conversation runs one turn at a time. Its message with the greatest priority comes first; among
///   equals, the oldest.
/// * Fence: each claim has a greater fence than the claims before. A write with an older fence, or after the
///   end of the turn, changes nothing and returns [`LeaseError::Lost`].
/// * Idempotency: a turn ends once, so a second [`finish`](Self::finish) is refused. The other writes of a
///   holder may be repeated.
/// * Units: leases and pauses are steady time, and begin again in full after a restart.
/// * Errors: [`ClaimError`], [`RenewError`] and [`LeaseError`] say why the store refused. [`StoreError`] says
///   that it failed.
#[async_trait]
pub trait TurnStore: Send + Sync + 'static {
    /// Begins a new epoch, in which this process gets the work. Takes back every claim that an earlier
    /// process held in memory: its messages wait again, or are dead after too many tries.
    async fn attach(&self, attach: Attach) -> Result<Work, StoreError>;

    /// Claims one message for an outside worker, with a lease.
    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError>;

    /// Claims the first message for outside workers; `None` if no message waits for one.
    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError>;

    /// Extends the lease of an outside worker to its full length from now. Returns this length.
    async fn renew(&self, message: MessageId, worker: &WorkerId) -> Result<Duration, RenewError>;

    /// Records that the turn will act on the outside world, in ways that must not happen twice.
    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError>;

    /// Records the session of the running turn, so that the next turn continues in it, however this turn
    /// ends. Changes nothing if the conversation was reset during the turn, or if the session belongs to
    /// another conversation.
    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError>;

    /// Records the words of a recording of a running turn, so that no later try writes them down again. The text
    /// of the message then ends with these words. Changes nothing if the recording has a transcript already, or
    /// if the conversation has no such message.
    async fn keep_transcript(&self, kept: KeepTranscript) -> Result<(), LeaseError>;

    /// Ends a turn in one transaction: the state of its messages, the replies in the outbox, the session, and
    /// the next claim. Refused if the caller no longer holds the turn. The slot of the turn is free for the
    /// next claim of the same commit.
    async fn finish(&self, finish: Finish, slot: Option<Slot<AgentName>>)
    -> Result<(), LeaseError>;
}
