//! A question that an agent waits on and a person decides.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::id::{ApprovalId, ConversationId, MessageId, TurnId};
use crate::message::Author;
use crate::name::{PersonId, PersonaName};
use crate::place::Place;
use crate::words::words;

mod bounds;
mod text;

pub use bounds::{ANSWER_LIMIT, REASON_LIMIT, TooLong};

/// What an agent asks.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The tool that it wants to use, as the agent names it.
    pub tool: String,
    /// One line of Markdown: what it would do.
    pub title: String,
    /// The tool's input, whole.
    pub input: serde_json::Value,
    /// What would be an answer.
    pub wants: Wants,
}

/// What would be an answer to a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "wants")]
pub enum Wants {
    /// Yes or no.
    Permission {
        /// What "allow for this session" would let through from then on: the same word in a later
        /// question is not asked again. `None` where only this once can be allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<String>,
    },
    /// One answer to each of these.
    Answers {
        /// In order; never empty.
        choices: Vec<Choice>,
    },
}

/// One of the things that an agent wants to be told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// A word or two: what it is about.
    pub header: String,
    /// What is asked.
    pub text: String,
    /// What may be answered; any other text may be as well.
    pub options: Vec<ChoiceOption>,
    /// Whether several options may be taken together.
    pub several: bool,
}

/// One possible answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// The answer itself.
    pub label: String,
    /// What it would mean.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// What a person decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "decision")]
pub enum Decision {
    /// This once.
    Allow,
    /// This, and the like of it until the conversation's session ends.
    AllowForSession,
    /// No.
    Deny {
        /// Why; the agent is told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// An answer to each choice, in order.
    Answer {
        /// As many as there are choices; none of them empty.
        answers: Vec<String>,
    },
    /// It was decided where the agent runs.
    AnsweredAtTerminal,
}

impl Decision {
    /// Whether this can be said to such a question.
    pub fn answers(&self, wants: &Wants) -> bool {
        match (self, wants) {
            (Self::Allow, Wants::Permission { .. })
            | (Self::Deny { .. } | Self::AnsweredAtTerminal, _) => true,
            (Self::AllowForSession, Wants::Permission { grant }) => grant.is_some(),
            (Self::Answer { answers }, Wants::Answers { choices }) => {
                answers.len() == choices.len()
                    && answers.iter().all(|answer| !answer.trim().is_empty())
            }
            _ => false,
        }
    }

    /// What the question is from now on.
    pub fn state(&self) -> ApprovalState {
        match self {
            Self::Allow | Self::AllowForSession | Self::Answer { .. } => ApprovalState::Allowed,
            Self::Deny { .. } => ApprovalState::Denied,
            Self::AnsweredAtTerminal => ApprovalState::AnsweredAtTerminal,
        }
    }
}

/// What the agent is told in the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may.
    Allowed,
    /// It was answered, each choice in order.
    Answered(Vec<String>),
    /// It may not.
    Denied {
        /// Who said so, and why; for the agent and for people.
        reason: String,
    },
}

/// A question as it is kept.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approval {
    /// Its number.
    pub id: ApprovalId,
    /// The turn that waits.
    pub turn: TurnId,
    /// Where that runs.
    pub conversation: ConversationId,
    /// Where people are asked.
    pub place: Place,
    /// Who asks.
    pub persona: PersonaName,
    /// What is being answered.
    pub message: MessageId,
    /// What is asked.
    pub question: Question,
    /// Who may decide, beside operators.
    pub deciders: Vec<PersonId>,
    /// What came of it.
    pub state: ApprovalState,
    /// It was allowed for the whole session.
    pub for_session: bool,
    /// What was answered to each choice.
    pub answers: Vec<String>,
    /// Who decided.
    pub decided_by: Option<Author>,
    /// Their reason, or why it is over without one.
    pub reason: Option<String>,
    /// When it was asked.
    pub at: Wall,
    /// How long it is open, from when people can see it.
    pub within: Duration,
    /// When it is denied by itself; `None` before people can see it. Later after a restart, for then
    /// its time begins anew.
    pub expires_at: Option<Wall>,
}

impl Approval {
    /// What came of it, in words; `None` while it is open.
    pub fn outcome(&self) -> Option<String> {
        let by = self
            .decided_by
            .as_ref()
            .map_or_else(String::new, |by| format!(" by {}", by.name));
        let because = self
            .reason
            .as_ref()
            .map_or_else(String::new, |reason| format!(": {reason}"));
        match self.state {
            ApprovalState::Open => None,
            ApprovalState::Allowed if !self.answers.is_empty() => {
                Some(format!("Answered{by}: {}", self.answers.join("; ")))
            }
            ApprovalState::Allowed if self.for_session => {
                Some(format!("Allowed for this session{by}"))
            }
            ApprovalState::Allowed => Some(format!("Allowed{by}")),
            ApprovalState::Denied => Some(format!("Denied{by}{because}")),
            ApprovalState::Expired => Some(format!("Expired{because}")),
            ApprovalState::AnsweredAtTerminal => Some("Answered at the terminal".to_owned()),
        }
    }

    /// What the agent is told; `None` while it is open.
    pub fn verdict(&self) -> Option<Verdict> {
        match self.state {
            ApprovalState::Open => None,
            ApprovalState::Allowed if !self.answers.is_empty() => {
                Some(Verdict::Answered(self.answers.clone()))
            }
            ApprovalState::Allowed => Some(Verdict::Allowed),
            _ => self.outcome().map(|reason| Verdict::Denied { reason }),
        }
    }
}

/// What came of a question.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalState {
    /// Nobody has decided.
    Open,
    /// The agent may, or was answered.
    Allowed,
    /// The agent may not.
    Denied,
    /// Nobody decided in time; the agent may not.
    Expired,
    /// Decided where the agent runs.
    AnsweredAtTerminal,
}

words!(ApprovalState {
    Open: "open",
    Allowed: "allowed",
    Denied: "denied",
    Expired: "expired",
    AnsweredAtTerminal: "answered-at-terminal",
});

/// Who decides what agents ask, and how long they have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRules {
    /// Who may decide beside operators; whoever wrote what is being answered where it is `None`.
    pub deciders: Option<Vec<PersonId>>,
    /// How long a question is open, once people can see it, before it is denied by itself.
    pub within: Duration,
}

impl Default for ApprovalRules {
    fn default() -> Self {
        Self {
            deciders: None,
            within: Duration::from_mins(5),
        }
    }
}
