//! `ask`, `decide`: a question waits for a person, and the first decision counts.

use std::time::Duration;

use super::StoreError;
use crate::approval::ApprovalState;
use crate::id::{ApprovalId, Fence, TurnId};
use crate::name::PersonId;

/// A turn wants to know.
#[derive(Clone, Debug)]
pub struct Ask {
    /// Which turn.
    pub turn: TurnId,
    /// Its claim.
    pub fence: Fence,
    /// What it wants to use.
    pub tool: String,
    /// With what input.
    pub input: serde_json::Value,
    /// Who may decide; empty for anybody who may write in the place.
    pub deciders: Vec<PersonId>,
    /// How long before it is denied by itself.
    pub within: Duration,
}

/// Somebody decided.
#[derive(Clone, Debug)]
pub struct Decide {
    /// Which question.
    pub approval: ApprovalId,
    /// Allowed, denied, or answered at the terminal.
    pub decision: ApprovalState,
    /// Who.
    pub by: PersonId,
    /// Why, where they said.
    pub reason: Option<String>,
}

/// Why a decision did not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DecideError {
    /// There is no such question.
    #[error("there is no approval {0}")]
    Unknown(ApprovalId),
    /// It is no longer open.
    #[error("approval {id} is already {state}{}", by.as_ref().map(|by| format!(" by {by}")).unwrap_or_default())]
    Over {
        /// Which one.
        id: ApprovalId,
        /// What came of it.
        state: &'static str,
        /// Who decided.
        by: Option<PersonId>,
    },
    /// Somebody else's to decide.
    #[error("{by} may not decide approval {id}")]
    NotYours {
        /// Which one.
        id: ApprovalId,
        /// Who tried.
        by: PersonId,
    },
    /// Open is not a decision.
    #[error("a decision must be allowed, denied or answered-at-terminal")]
    NotADecision,
    /// The store could not.
    #[error(transparent)]
    Store(#[from] StoreError),
}
