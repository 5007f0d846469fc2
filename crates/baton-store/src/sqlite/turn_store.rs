//! Hands out turns, and records the writes of their holders.

use std::time::Duration;

use async_trait::async_trait;
use baton_core::id::{Fence, MessageId, TurnId};
use baton_core::name::{AgentName, SessionId, WorkerId};
use baton_core::slots::Slot;
use baton_core::store::{
    Attach, ClaimError, ClaimMessage, ClaimNext, Claimed, Finish, KeepTranscript, LeaseError,
    RenewError, StoreError, TurnStore, Work,
};

use super::Sqlite;
use super::commands::{
    AttachCommand, BeginEffectsCommand, ClaimCommand, ClaimNextCommand, FinishCommand,
    KeepSessionCommand, KeepTranscriptCommand, RenewCommand,
};

#[async_trait]
impl TurnStore for Sqlite {
    async fn attach(&self, attach: Attach) -> Result<Work, StoreError> {
        self.writer.run(AttachCommand(attach)).await
    }

    async fn claim(&self, claim: ClaimMessage) -> Result<Claimed, ClaimError> {
        self.writer.run(ClaimCommand(claim)).await
    }

    async fn claim_next(&self, claim: ClaimNext) -> Result<Option<Claimed>, StoreError> {
        self.writer.run(ClaimNextCommand(claim)).await
    }

    async fn renew(&self, message: MessageId, worker: &WorkerId) -> Result<Duration, RenewError> {
        self.writer
            .run(RenewCommand {
                message,
                worker: worker.clone(),
            })
            .await
    }

    async fn begin_effects(&self, turn: TurnId, fence: Fence) -> Result<(), LeaseError> {
        self.writer.run(BeginEffectsCommand { turn, fence }).await
    }

    async fn keep_session(
        &self,
        turn: TurnId,
        fence: Fence,
        session: &SessionId,
    ) -> Result<(), LeaseError> {
        self.writer
            .run(KeepSessionCommand {
                turn,
                fence,
                session: session.clone(),
            })
            .await
    }

    async fn keep_transcript(&self, kept: KeepTranscript) -> Result<(), LeaseError> {
        self.writer.run(KeepTranscriptCommand(kept)).await
    }

    async fn finish(
        &self,
        finish: Finish,
        slot: Option<Slot<AgentName>>,
    ) -> Result<(), LeaseError> {
        self.writer.run(FinishCommand { finish, slot }).await
    }
}
