//! `ask`, `withdraw_question`, `decide`, `take_verdict`: a question waits for a person, and the first
//! decision counts, once.

use std::time::Duration;

use super::{NOT_NOW, StoreError};
use crate::approval::{Decision, Question, Verdict};
use crate::id::{ApprovalId, Fence, TurnId};
use crate::message::Author;
use crate::name::{AccountName, ChannelName, PersonId};
use crate::place::Place;
use crate::said::NotSaid;

/// A turn wants to know.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Which turn.
    pub turn: TurnId,
    /// Its claim.
    pub fence: Fence,
    /// What it asks.
    pub question: Question,
    /// Who may decide, beside operators.
    pub deciders: Vec<PersonId>,
    /// How long before it is denied by itself, from when the platform has it.
    pub within: Duration,
}

/// What became of a question that was put.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// It is open: people are asked, and [`TurnEffect::Decided`](super::TurnEffect::Decided) tells.
    Open(ApprovalId),
    /// It has been decided already: for the whole session, or by somebody whom the turn that had asked
    /// it did not hear before it was cut off.
    Decided(Verdict),
}

/// Somebody decided.
#[derive(Clone, Debug)]
pub struct Decide {
    /// Which question.
    pub approval: ApprovalId,
    /// What.
    pub decision: Decision,
    /// Who.
    pub by: Author,
    /// They may decide whatever is asked.
    pub operator: bool,
}

/// Which questions.
#[derive(Clone, Debug, Default)]
pub struct ApprovalsQuery {
    /// Of which channel and account; `None` for all.
    pub of: Option<(ChannelName, AccountName)>,
    /// Only those asked in places of these addresses; `None` for all.
    pub addresses: Option<Vec<String>>,
    /// Not those asked in these places.
    pub not_in: Vec<Place>,
    /// Only those that nobody has decided.
    pub only_open: bool,
    /// At most this many.
    pub limit: usize,
    /// The most bytes of what is asked. At least one question is read, however long it is.
    pub bytes: usize,
}

/// Why a decision did not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// There is no such question.
    #[error("there is no approval {0}")]
    Unknown(ApprovalId),
    /// It is no longer open.
    #[error("approval {id} is over: {outcome}")]
    Over {
        /// Which one.
        id: ApprovalId,
        /// What came of it, and who decided.
        outcome: String,
    },
    /// Somebody else's to decide.
    #[error("approval {id} is not yours to decide: ask whoever wrote the message, or an operator")]
    NotYours {
        /// Which one.
        id: ApprovalId,
    },
    /// What was said is no answer to what was asked.
    #[error("approval {id} cannot be decided like this: {instead}")]
    NotAnAnswer {
        /// Which one.
        id: ApprovalId,
        /// What would be an answer.
        instead: &'static str,
    },
    /// Nobody could read what was said with it.
    #[error(transparent)]
    NotSaid(#[from] NotSaid),
    /// The store could not.
    #[error("{NOT_NOW}")]
    Store(#[from] StoreError),
}
