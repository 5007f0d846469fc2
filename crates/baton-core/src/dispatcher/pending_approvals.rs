//! The approvals of a running turn.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;

use super::TurnDispatcher;
use crate::approval::{Question, Verdict};
use crate::clock::{Clock, Steady};
use crate::id::ApprovalId;
use crate::running_turns::{StopCause, TurnEntry};
use crate::store::{Ask, Asked, LeaseError};
use crate::turn::Claim;

/// The maximum number of approvals in one turn. People would not answer more.
const QUESTION_LIMIT: usize = 500;

/// The open approvals of a turn, with the waiting agent's channels. The store holds the approvals themselves.
#[derive(Default)]
pub(super) struct PendingApprovals {
    open: BTreeMap<ApprovalId, oneshot::Sender<Verdict>>,
    /// The time since at least one approval has been open.
    since: Option<Steady>,
    /// The number of approvals so far.
    asked: usize,
}

impl PendingApprovals {
    /// Whether an approval is open.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether the agent waits for this approval.
    fn waits_for(&self, approval: ApprovalId) -> bool {
        let waits = self.open.get(&approval);
        waits.is_some_and(|waits| !waits.is_closed())
    }

    fn add_approval(
        &mut self,
        approval: ApprovalId,
        decided: oneshot::Sender<Verdict>,
        now: Steady,
    ) {
        self.asked += 1;
        self.since.get_or_insert(now);
        self.open.insert(approval, decided);
    }

    /// Gives the verdict to the agent. Returns the waiting time of the turn, if no approval is open now.
    fn send_verdict(
        &mut self,
        approval: ApprovalId,
        verdict: Verdict,
        clock: &dyn Clock,
    ) -> Duration {
        if let Some(waits) = self.open.remove(&approval) {
            // The agent may have given up the wait. This is no error.
            let _ = waits.send(verdict);
        }
        self.take_waiting_time(clock)
    }

    /// Waits for an approval whose agent has given up the wait.
    pub(super) async fn next_abandoned(&mut self) -> ApprovalId {
        poll_fn(|context| {
            for (approval, waits) in &mut self.open {
                if waits.poll_closed(context).is_ready() {
                    return Poll::Ready(*approval);
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Forgets an approval. Returns the waiting time of the turn, if no approval is open now.
    pub(super) fn remove_approval(&mut self, approval: ApprovalId, clock: &dyn Clock) -> Duration {
        self.open.remove(&approval);
        self.take_waiting_time(clock)
    }

    fn take_waiting_time(&mut self, clock: &dyn Clock) -> Duration {
        if self.is_open() {
            return Duration::ZERO;
        }
        let since = self.since.take();
        since.map_or(Duration::ZERO, |since| clock.steady().since(since))
    }
}

impl TurnDispatcher {
    /// Records an approval, so that people are asked. Denies the question if it is too long, if the turn has
    /// asked too often, or if the store fails.
    pub(super) async fn ask_people(
        &self,
        claim: &Claim,
        entry: &TurnEntry,
        pending: &mut PendingApprovals,
        question: Question,
        decided: oneshot::Sender<Verdict>,
    ) {
        if pending.asked >= QUESTION_LIMIT {
            tracing::warn!(turn = %claim.turn, "a turn has reached its limit of questions");
            let reason =
                format!("Denied: this turn has reached its limit of {QUESTION_LIMIT} questions");
            let _ = decided.send(Verdict::Denied { reason });
            return;
        }
        let question = match question.enforce_limits() {
            Ok(question) => question,
            Err(error) => {
                tracing::warn!(turn = %claim.turn, %error, "an approval exceeds the size limits, and is denied");
                let reason = format!("Denied: {error}");
                let _ = decided.send(Verdict::Denied { reason });
                return;
            }
        };
        let ask = Ask {
            turn: claim.turn,
            fence: claim.fence,
            question,
            // Includes the authors of steered messages, because these people may decide later questions of the turn.
            deciders: (self.approvals.deciders.clone()).unwrap_or_else(|| entry.author_ids()),
            within: self.approvals.within,
        };
        match self.store.ask(ask).await {
            Ok(Asked::Open(approval)) => {
                pending.add_approval(approval, decided, self.clock.steady());
            }
            Ok(Asked::Decided(verdict)) => {
                let _ = decided.send(verdict);
            }
            Err(error) => {
                tracing::warn!(turn = %claim.turn, %error, "an approval could not be stored");
                if matches!(error, LeaseError::Lost(_)) {
                    entry.stop_because(StopCause::LeaseLost);
                }
                let _ = decided.send(Verdict::Denied {
                    reason: "Denied: people could not be asked".to_owned(),
                });
            }
        }
    }
    /// Gives a verdict to the agent. Returns the waiting time of the turn, if no approval is open now. The store first
    /// records that the agent gets the verdict, so that a retried turn cannot use the verdict again.
    pub(super) async fn give_verdict(
        &self,
        claim: &Claim,
        entry: &TurnEntry,
        pending: &mut PendingApprovals,
        approval: ApprovalId,
        verdict: Verdict,
    ) -> Duration {
        if pending.waits_for(approval) {
            let taken = self.store.take_verdict(claim.turn, claim.fence, approval);
            match taken.await {
                Ok(()) => {}
                Err(error @ LeaseError::Lost(_)) => {
                    tracing::warn!(turn = %claim.turn, %approval, %error, "the agent did not get a verdict");
                    entry.stop_because(StopCause::LeaseLost);
                    return Duration::ZERO;
                }
                // The agent gets the verdict anyway, because people have decided and the agent waits.
                Err(error) => {
                    tracing::warn!(turn = %claim.turn, %approval, %error, "the agent got a verdict, but the \
                        store did not record this");
                }
            }
        }
        pending.send_verdict(approval, verdict, &*self.clock)
    }

    /// Withdraws an approval whose agent has given up the wait. If the store fails, the approval ends with the turn or
    /// at its time limit.
    pub(super) async fn withdraw_approval(
        &self,
        claim: &Claim,
        entry: &TurnEntry,
        approval: ApprovalId,
    ) {
        let withdrawn = self
            .store
            .withdraw_question(claim.turn, claim.fence, approval);
        if let Err(error) = withdrawn.await {
            tracing::warn!(turn = %claim.turn, %approval, %error, "an approval could not be withdrawn");
            if matches!(error, LeaseError::Lost(_)) {
                entry.stop_because(StopCause::LeaseLost);
            }
        }
    }
}
