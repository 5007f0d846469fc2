//! `ask`, `withdraw_question`, `decide`, `take_verdict`: an approval waits for a person, and only the first
//! decision counts.

use std::time::Duration;

use super::{NOT_NOW, StoreError};
use crate::approval::{Decision, Question, Verdict};
use crate::authority::{Forbidden, Principal};
use crate::id::{ApprovalId, Fence, TurnId};
use crate::name::{AccountName, ChannelName, PersonId};
use crate::place::Place;
use crate::said::NotSaid;

/// A new approval of a turn.
#[derive(Clone, Debug)]
pub struct Ask {
    /// The turn of the agent.
    pub turn: TurnId,
    /// The fence of the turn's claim.
    pub fence: Fence,
    /// The question of the agent.
    pub question: Question,
    /// The deciders. Operators may always decide.
    pub deciders: Vec<PersonId>,
    /// The time until the approval expires, counted from its arrival on the platform.
    pub within: Duration,
}

/// The result of asking.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// The approval is open. People are asked, and [`TurnEffect::Decided`](super::TurnEffect::Decided) brings
    /// the verdict.
    Open(ApprovalId),
    /// The approval is decided already. Either the decision covers the whole session, or an interrupted turn
    /// asked the same question before, and never received its verdict.
    Decided(Verdict),
}

/// A decision of a person.
#[derive(Clone, Debug)]
pub struct Decide {
    /// The approval to decide.
    pub approval: ApprovalId,
    /// The decision.
    pub decision: Decision,
    /// The person. The store asks [`Right::Decide`](crate::authority::Right::Decide) with the stored deciders.
    pub by: Principal,
}

/// A filter for approvals.
#[derive(Clone, Debug, Default)]
pub struct ApprovalsQuery {
    /// Only approvals of this channel and account; `None` for all.
    pub of: Option<(ChannelName, AccountName)>,
    /// Only approvals from places with these addresses; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// No approvals from these places.
    pub not_in: Vec<Place>,
    /// Whether to leave out approvals that are not open.
    pub only_open: bool,
    /// The maximum number of approvals.
    pub limit: usize,
    /// The maximum total size of the questions, in bytes. The result holds at least one approval, of any
    /// size.
    pub bytes: usize,
}

/// The reason for refusing a decision.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// No approval has this number.
    #[error("there is no approval {0}")]
    Unknown(ApprovalId),
    /// The approval is no longer open.
    #[error("approval {id} is over: {outcome}")]
    Over {
        /// The number of the approval.
        id: ApprovalId,
        /// The outcome of the approval, and its decider, for people.
        outcome: String,
    },
    /// The person may not decide this approval.
    #[error("approval {id} is not yours to decide; ask the author of the message, or an operator")]
    NotYours {
        /// The number of the approval.
        id: ApprovalId,
        /// The missing right.
        why: Forbidden,
    },
    /// The decision does not fit the question.
    #[error("approval {id} cannot be decided like this: {instead}")]
    NotAnAnswer {
        /// The number of the approval.
        id: ApprovalId,
        /// The decisions that would fit, for people.
        instead: &'static str,
    },
    /// The reason or an answer is not a valid text.
    #[error(transparent)]
    NotSaid(#[from] NotSaid),
    /// The store failed, and changed nothing.
    #[error("{NOT_NOW}")]
    Store(#[from] StoreError),
}
