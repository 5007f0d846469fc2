//! How large a question may be, and what people say to it.

use super::{Decision, Question};
use crate::activity::shortened;
use crate::said::{NotSaid, said};

/// How long a title may be, in characters: it is only shown, and all that it is about beside it.
const TITLE: usize = 500;

/// How long the name of a tool may be, in characters.
const TOOL: usize = 200;

/// How long all of it may be as JSON, in bytes: what is kept, and sent to whoever decides. More than
/// people read, and than the tools of known agents are given.
const WHOLE: usize = 1024 * 1024;

/// How long the reason for a refusal may be, in characters.
pub const REASON_LIMIT: usize = 1_000;

/// How long the answer to one choice may be, in characters: what a field of Discord's forms holds,
/// <https://docs.discord.com/developers/components/reference#text-input>.
pub const ANSWER_LIMIT: usize = 4_000;

/// A question that is too long for anybody to decide.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "people cannot decide what is {length} bytes long, but {WHOLE} at most; do it in smaller steps"
)]
pub struct TooLong {
    /// How long it is as JSON, in bytes.
    pub length: usize,
}

impl Question {
    /// The same with a title that can be shown. What people decide is never shortened: refused where
    /// it is too long.
    pub fn bounded(mut self) -> Result<Self, TooLong> {
        self.title = shortened(self.title, TITLE);
        self.tool = shortened(self.tool, TOOL);
        let Self {
            tool: _,
            title: _,
            input,
            wants,
        } = &self;
        let length = serde_json::json!([input, wants]).to_string().len();
        if length > WHOLE {
            return Err(TooLong { length });
        }
        Ok(self)
    }
}

impl Decision {
    /// The same as it is kept: refused where nobody could read what was said, and without a reason
    /// that says nothing.
    pub fn bounded(self) -> Result<Self, NotSaid> {
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
            Self::Allow | Self::AllowForSession | Self::AnsweredAtTerminal => self,
        })
    }
}
