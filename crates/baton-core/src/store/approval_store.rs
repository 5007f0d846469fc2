//! The approvals: questions of turns, and decisions of people.

use async_trait::async_trait;

use super::{Ask, Asked, Decide, DecideError, LeaseError};
use crate::approval::Approval;
use crate::id::{ApprovalId, Fence, TurnId};

/// Records the questions of turns, the decisions of people, and the use of the verdicts.
///
/// * Order: only the first decision on an approval counts. Its commit hands the verdict to the waiting turn.
/// * Fence: [`ask`](Self::ask), [`withdraw_question`](Self::withdraw_question) and
///   [`take_verdict`](Self::take_verdict) carry the fence of the turn. With an outdated fence, these
///   methods change nothing and return [`LeaseError::Lost`].
/// * Idempotency: a second decision returns [`DecideError::Over`]. A second withdrawal changes nothing.
/// * Units: the time limit of an approval is steady time, from its arrival on the platform.
#[async_trait]
pub trait ApprovalStore: Send + Sync + 'static {
    /// Records an approval for a waiting turn, and puts it into the outbox. If an interrupted turn asked the
    /// same question, this turn takes over the old approval, with its decision if there is one. So people are
    /// not asked twice.
    async fn ask(&self, ask: Ask) -> Result<Asked, LeaseError>;

    /// Ends an approval, because the agent no longer asks. Changes nothing if the approval is over, or
    /// belongs to another turn.
    async fn withdraw_question(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError>;

    /// Records a decision; only the first decision counts. Returns the changed approval.
    async fn decide(&self, decide: Decide) -> Result<Approval, DecideError>;

    /// Records that a turn gets the verdict on its approval. Another turn in place of this turn must then ask again, so
    /// that one permission leads to one action.
    async fn take_verdict(
        &self,
        turn: TurnId,
        fence: Fence,
        approval: ApprovalId,
    ) -> Result<(), LeaseError>;
}
