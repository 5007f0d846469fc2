//! The size limits of questions and decisions.

use super::{Decision, Question};
use crate::activity::shorten_text;
use crate::said::{NotSaid, said};

/// The maximum length of a title, in characters. A longer title is cut, because the complete question is
/// shown as well.
const TITLE_LIMIT: usize = 500;

/// The maximum length of a tool's name, in characters. A longer name is cut.
const TOOL_NAME_LIMIT: usize = 200;

/// The maximum size of a question as JSON, in bytes. The store keeps the question, and sends it to every
/// decider. The limit is above the length that people read, and above the inputs of known agents' tools.
const QUESTION_BYTES_LIMIT: usize = 1024 * 1024;

/// The maximum length of the reason for a denial, in characters.
pub const REASON_LIMIT: usize = 1_000;

/// The maximum length of one answer, in characters. A field in a form of the known chat platforms has room for
/// this length.
pub const ANSWER_LIMIT: usize = 4_000;

/// A question that is too long for people to decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the question has {length} bytes, and people can decide at most {QUESTION_BYTES_LIMIT} bytes at once; use \
     smaller steps"
)]
pub struct TooLong {
    /// The size of the question as JSON, in bytes.
    pub length: usize,
}

impl Question {
    /// Cuts the title and the tool's name to their limits. Refuses a question with a longer input, because
    /// people must see everything that they decide.
    pub fn enforce_limits(mut self) -> Result<Self, TooLong> {
        self.title = shorten_text(self.title, TITLE_LIMIT);
        self.tool = shorten_text(self.tool, TOOL_NAME_LIMIT);
        let Self {
            tool: _,
            title: _,
            input,
            wants,
        } = &self;
        let length = serde_json::json!([input, wants]).to_string().len();
        if length > QUESTION_BYTES_LIMIT {
            return Err(TooLong { length });
        }
        Ok(self)
    }
}

impl Decision {
    /// Removes a blank reason. Refuses a reason or an answer that is too long or contains control characters.
    pub fn enforce_limits(self) -> Result<Self, NotSaid> {
        Ok(match self {
            Self::Deny { reason } => {
                let reason = reason.filter(|reason| !reason.trim().is_empty());
                let reason = reason.map(|reason| said(&reason, REASON_LIMIT));
                Self::Deny {
                    reason: reason.transpose()?,
                }
            }
            Self::Answer { answers } => {
                let answers = answers.iter().map(|answer| said(answer, ANSWER_LIMIT));
                Self::Answer {
                    answers: answers.collect::<Result<_, _>>()?,
                }
            }
            Self::Allow | Self::AllowForSession => self,
        })
    }
}
