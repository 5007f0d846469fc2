//! A turn asks people, and waits.

use std::collections::BTreeMap;
use std::future::poll_fn;
use std::task::Poll;
use std::time::Duration;

use tokio::sync::oneshot;

use super::Dispatcher;
use super::running::{Entry, StopCause};
use crate::approval::{Question, Verdict};
use crate::clock::{Clock, Steady};
use crate::id::ApprovalId;
use crate::store::{Ask, Asked, LeaseError};
use crate::turn::Claim;

/// How often a turn may ask: more than people answer in one.
const QUESTIONS: usize = 500;

/// What a turn waits for people to decide. Never a truth: the questions are in the store.
#[derive(Default)]
pub(super) struct Asking {
    open: BTreeMap<ApprovalId, oneshot::Sender<Verdict>>,
    /// Since when there is something open.
    since: Option<Steady>,
    /// How often people were asked.
    asked: usize,
}

impl Asking {
    /// Whether people are being waited for.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether the agent waits for this.
    fn waits_for(&self, approval: ApprovalId) -> bool {
        let waits = self.open.get(&approval);
        waits.is_some_and(|waits| !waits.is_closed())
    }

    fn opened(&mut self, approval: ApprovalId, decided: oneshot::Sender<Verdict>, now: Steady) {
        self.asked += 1;
        self.since.get_or_insert(now);
        self.open.insert(approval, decided);
    }

    /// Tells the agent; returns how long the turn has stood still, where it goes on now.
    fn decided(&mut self, approval: ApprovalId, verdict: Verdict, clock: &dyn Clock) -> Duration {
        if let Some(waits) = self.open.remove(&approval) {
            // An agent that no longer waits has gone on without it.
            let _ = waits.send(verdict);
        }
        self.stood_still(clock)
    }

    /// Returns the question that the agent no longer waits for, as soon as there is one; for ever
    /// pending where there is none.
    pub(super) async fn given_up(&mut self) -> ApprovalId {
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

    /// Forgets a question; returns how long the turn has stood still, where it goes on now.
    pub(super) fn forget(&mut self, approval: ApprovalId, clock: &dyn Clock) -> Duration {
        self.open.remove(&approval);
        self.stood_still(clock)
    }

    fn stood_still(&mut self, clock: &dyn Clock) -> Duration {
        if self.is_open() {
            return Duration::ZERO;
        }
        let since = self.since.take();
        since.map_or(Duration::ZERO, |since| clock.steady().since(since))
    }
}

impl Dispatcher {
    /// Keeps a question and has people asked. What cannot be kept is denied: nobody could answer it.
    pub(super) async fn ask(
        &self,
        claim: &Claim,
        entry: &Entry,
        asking: &mut Asking,
        question: Question,
        decided: oneshot::Sender<Verdict>,
    ) {
        if asking.asked >= QUESTIONS {
            tracing::warn!(turn = %claim.turn, "a turn has asked often enough");
            let reason = format!("Denied: this turn has asked often enough, {QUESTIONS} times");
            let _ = decided.send(Verdict::Denied { reason });
            return;
        }
        let question = match question.bounded() {
            Ok(question) => question,
            Err(error) => {
                tracing::warn!(turn = %claim.turn, %error, "a question was not asked");
                let reason = format!("Denied: {error}");
                let _ = decided.send(Verdict::Denied { reason });
                return;
            }
        };
        let ask = Ask {
            turn: claim.turn,
            fence: claim.fence,
            question,
            // Whoever wrote into the turn may decide what it asks from then on.
            deciders: (self.approvals.deciders.clone()).unwrap_or_else(|| entry.authors()),
            within: self.approvals.within,
        };
        match self.store.ask(ask).await {
            Ok(Asked::Open(approval)) => asking.opened(approval, decided, self.clock.steady()),
            Ok(Asked::Decided(verdict)) => {
                let _ = decided.send(verdict);
            }
            Err(error) => {
                tracing::warn!(turn = %claim.turn, %error, "a question was not kept");
                if matches!(error, LeaseError::Lost(_)) {
                    entry.stop_because(StopCause::LeaseLost);
                }
                let _ = decided.send(Verdict::Denied {
                    reason: "Denied: people could not be asked".to_owned(),
                });
            }
        }
    }
    /// Brings to the agent what was decided, and returns how long the turn has stood still, where it
    /// goes on now. That it hears is kept first: what was allowed once is never done twice.
    pub(super) async fn decided(
        &self,
        claim: &Claim,
        entry: &Entry,
        asking: &mut Asking,
        approval: ApprovalId,
        verdict: Verdict,
    ) -> Duration {
        if asking.waits_for(approval) {
            let taken = self.store.take_verdict(claim.turn, claim.fence, approval);
            match taken.await {
                Ok(()) => {}
                Err(error @ LeaseError::Lost(_)) => {
                    tracing::warn!(turn = %claim.turn, %approval, %error, "a verdict is not heard");
                    entry.stop_because(StopCause::LeaseLost);
                    return Duration::ZERO;
                }
                // People have decided, and the agent waits.
                Err(error) => {
                    tracing::warn!(turn = %claim.turn, %approval, %error, "that a verdict is heard is not kept");
                }
            }
        }
        asking.decided(approval, verdict, &*self.clock)
    }

    /// Ends a question that the agent no longer waits for. Where that cannot be kept, it ends with the
    /// turn or with its time.
    pub(super) async fn withdraw(&self, claim: &Claim, entry: &Entry, approval: ApprovalId) {
        let withdrawn = self
            .store
            .withdraw_question(claim.turn, claim.fence, approval);
        if let Err(error) = withdrawn.await {
            tracing::warn!(turn = %claim.turn, %approval, %error, "a question was not withdrawn");
            if matches!(error, LeaseError::Lost(_)) {
                entry.stop_because(StopCause::LeaseLost);
            }
        }
    }
}
