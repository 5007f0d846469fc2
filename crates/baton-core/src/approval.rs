//! A question that an agent waits on and a person decides.

use serde::{Deserialize, Serialize};

use crate::id::{ApprovalId, TurnId};
use crate::name::PersonId;

/// A question as it is kept.
#[derive(Clone, Debug, Serialize)]
pub struct Approval {
    /// Its number.
    pub id: ApprovalId,
    /// The turn that waits.
    pub turn: TurnId,
    /// What the agent wants to use.
    pub tool: String,
    /// With what input, whole.
    pub input: serde_json::Value,
    /// Who may decide; empty for anybody who may write in the place.
    pub deciders: Vec<PersonId>,
    /// What came of it.
    pub state: ApprovalState,
    /// Who decided.
    pub decided_by: Option<PersonId>,
    /// Their reason, where they gave one.
    pub reason: Option<String>,
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalState {
    /// Nobody has decided.
    Open,
    /// The agent may.
    Allowed,
    /// The agent may not.
    Denied,
    /// Nobody decided in time; the agent may not.
    Expired,
    /// Decided where the agent runs.
    AnsweredAtTerminal,
}

impl ApprovalState {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Open,
        Self::Allowed,
        Self::Denied,
        Self::Expired,
        Self::AnsweredAtTerminal,
    ];

    /// The word kept in the store and shown to people.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::Allowed => "allowed",
            Self::Denied => "denied",
            Self::Expired => "expired",
            Self::AnsweredAtTerminal => "answered-at-terminal",
        }
    }

    /// The state of that name.
    pub fn parse(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.as_str() == word)
    }
}
