//! Approvals: questions that agents ask and people decide.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::clock::Wall;
use crate::id::{ApprovalId, ConversationId, MessageId, TurnId};
use crate::message::Author;
use crate::name::{PersonId, PersonaName};
use crate::place::Place;
use crate::state_words::state_words;

mod approval_text;
mod size_limits;

pub use size_limits::{ANSWER_LIMIT, REASON_LIMIT, TooLong};

/// The question of an approval, as the agent asks it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Question {
    /// The tool that the agent wants to use, as the agent names it.
    pub tool: String,
    /// One line of Markdown with the planned effect of the tool.
    pub title: String,
    /// The complete input of the tool.
    pub input: serde_json::Value,
    /// The kind of answer that fits the question.
    pub wants: Wants,
}

/// The kind of answer that fits a question.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "wants")]
pub enum Wants {
    /// A permission: yes or no.
    Permission {
        /// The kind of action that "allow for this session" permits. A later question with the same word is
        /// allowed without asking people. `None` if the permission can only be given once.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        grant: Option<String>,
    },
    /// One answer to each choice.
    Answers {
        /// The choices in order; never empty.
        choices: Vec<Choice>,
    },
}

/// A question with suggested answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Choice {
    /// The subject, in a word or two.
    pub header: String,
    /// The text of the question.
    pub text: String,
    /// The suggested answers. Any other text is a valid answer as well.
    pub options: Vec<ChoiceOption>,
    /// Whether a person may select several options together.
    pub several: bool,
}

/// A suggested answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChoiceOption {
    /// The answer.
    pub label: String,
    /// The meaning of the answer; may be empty.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
}

/// The decision of a person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case", tag = "decision")]
pub enum Decision {
    /// Allows this one action.
    Allow,
    /// Allows this action, and similar ones until the session of the conversation ends.
    AllowForSession,
    /// Denies the action.
    Deny {
        /// The reason, for the agent and for people.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
    },
    /// Answers each choice, in order.
    Answer {
        /// One answer for each choice, none of them empty.
        answers: Vec<String>,
    },
}

impl Decision {
    /// Whether the decision fits this kind of question.
    pub fn answers(&self, wants: &Wants) -> bool {
        match (self, wants) {
            (Self::Allow, Wants::Permission { .. }) | (Self::Deny { .. }, _) => true,
            (Self::AllowForSession, Wants::Permission { grant }) => grant.is_some(),
            (Self::Answer { answers }, Wants::Answers { choices }) => {
                answers.len() == choices.len()
                    && answers.iter().all(|answer| !answer.trim().is_empty())
            }
            _ => false,
        }
    }

    /// The state of the approval after this decision.
    pub fn state(&self) -> ApprovalState {
        match self {
            Self::Allow | Self::AllowForSession | Self::Answer { .. } => ApprovalState::Allowed,
            Self::Deny { .. } => ApprovalState::Denied,
        }
    }
}

/// The final decision, as the agent gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The agent may act.
    Allowed,
    /// The answers, one for each choice, in order.
    Answered(Vec<String>),
    /// The agent may not act.
    Denied {
        /// The decider and the reason, for the agent and for people.
        reason: String,
    },
}

/// An approval, as stored.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Approval {
    /// The number of the approval.
    pub id: ApprovalId,
    /// The turn that waits for the decision.
    pub turn: TurnId,
    /// The conversation of the turn.
    pub conversation: ConversationId,
    /// The place in which people are asked.
    pub place: Place,
    /// The persona of the agent.
    pub persona: PersonaName,
    /// The message that the turn answers.
    pub message: MessageId,
    /// The question of the agent.
    pub question: Question,
    /// The deciders. Operators may always decide.
    pub deciders: Vec<PersonId>,
    /// The current state.
    pub state: ApprovalState,
    /// Whether the decision allowed the whole session.
    pub for_session: bool,
    /// The answers, one for each choice.
    pub answers: Vec<String>,
    /// The person who decided.
    pub decided_by: Option<Author>,
    /// The reason of the decider, or the reason for an end without a decision.
    pub reason: Option<String>,
    /// The time when the agent asked.
    pub at: Wall,
    /// The time limit, counted from the arrival on the platform.
    pub within: Duration,
    /// The time when the approval expires, in wall-clock time; `None` before people can see the approval. A
    /// restart moves it, because the time limit then begins again.
    pub expires_at: Option<Wall>,
}

impl Approval {
    /// The outcome in words; `None` while the approval is open.
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
        }
    }

    /// The verdict for the agent; `None` while the approval is open.
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

/// The state of an approval.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ApprovalState {
    /// No decision yet.
    Open,
    /// The agent may act, or got its answers.
    Allowed,
    /// The agent may not act.
    Denied,
    /// The approval ended without a decision, so the agent may not act.
    Expired,
}

state_words!(ApprovalState {
    Open: "open",
    Allowed: "allowed",
    Denied: "denied",
    Expired: "expired",
});

/// The deciders and the time limit of approvals.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ApprovalRules {
    /// The deciders beside operators; `None` for the authors of the turn's messages.
    pub deciders: Option<Vec<PersonId>>,
    /// The time limit, counted from the arrival on the platform. Then the approval is denied.
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
