//! Records questions, decisions and the use of verdicts.

use async_trait::async_trait;
use baton_core::approval::Approval;
use baton_core::id::{ApprovalId, Fence, TurnId};
use baton_core::store::{ApprovalStore, Ask, Asked, Decide, DecideError, LeaseError};

use super::Sqlite;
use super::commands::{AskCommand, DecideCommand, TakeVerdictCommand, WithdrawQuestionCommand};

#[async_trait]
impl ApprovalStore for Sqlite {
    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError> {
        self.writer.run(AskCommand(ask)).await
    }

    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        let command = WithdrawQuestionCommand {
            turn,
            fence,
            approval,
        };
        self.writer.run(command).await
    }

    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError> {
        self.writer.run(DecideCommand(decide)).await
    }

    async fn take_verdict(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError> {
        let command = TakeVerdictCommand {
            turn,
            fence,
            approval,
        };
        self.writer.run(command).await
    }
}
