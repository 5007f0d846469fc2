//! Why a turn failed: a class, a reason for everybody, and a detail for the log and operators only.
//!
//! ```
//! use baton_core::agent::{AgentError, PublicText};
//!
//! let code = 3;
//! let reason = PublicText::of("the program ended with exit code {}", &[&code]);
//! let error = AgentError::failed(reason).with_detail("cannot read /srv/private/key.pem");
//! assert_eq!(error.to_string(), "the program ended with exit code 3");
//! ```

use std::fmt;
use std::time::Duration;

use super::TurnOver;
use crate::id::{MessageId, TurnId};
use crate::name::{AgentName, PersonaName};

/// The longest detail, in bytes. A longer detail loses its beginning, because most programs print the
/// cause of a failure last.
const DETAIL_LIMIT: usize = 4 * 1024;

/// Why a turn failed. Everybody may read the error as text, without its [`detail`](Self::detail).
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AgentError {
    /// Whether, and for how long, the turn is tried again.
    pub class: ErrorClass,
    /// The failure and its remedy, in words for everybody.
    pub reason: PublicText,
    /// The failure in the words of the other side: a program's error output, a traceback, the body of an
    /// HTTP answer. Only the log and operators who trace the message see this text.
    pub detail: Option<String>,
    /// The pause that the other side asked for.
    pub retry_after: Option<Duration>,
}

/// Whether a failed turn is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The agent could not be reached. Many tries follow.
    Unavailable,
    /// The agent began and failed. A few tries follow.
    Failed,
    /// The agent will never answer this message. No try follows.
    Rejected,
    /// The agent exceeded the time limit. Only people can start another try.
    TimeLimit,
}

impl ErrorClass {
    /// The name of the class in logs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Unavailable => "unavailable",
            Self::Failed => "failed",
            Self::Rejected => "rejected",
            Self::TimeLimit => "time limit",
        }
    }
}

impl AgentError {
    fn new(class: ErrorClass, reason: PublicText) -> Self {
        Self {
            class,
            reason,
            detail: None,
            retry_after: None,
        }
    }

    /// An error for an agent that could not be reached.
    pub fn unavailable(reason: impl Into<PublicText>) -> Self {
        Self::new(ErrorClass::Unavailable, reason.into())
    }

    /// An error for an agent that began and failed.
    pub fn failed(reason: impl Into<PublicText>) -> Self {
        Self::new(ErrorClass::Failed, reason.into())
    }

    /// An error for a message that the agent will never answer.
    pub fn rejected(reason: impl Into<PublicText>) -> Self {
        Self::new(ErrorClass::Rejected, reason.into())
    }

    /// An error for an agent that exceeded this time limit.
    pub fn time_limit(limit: Duration) -> Self {
        let reason = PublicText::of("no answer within {} s", &[&limit.as_secs_f32()]);
        Self::new(ErrorClass::TimeLimit, reason)
    }

    /// Adds the words of the other side, shortened to their last 4 KiB. The caller must remove known
    /// secrets first.
    #[must_use]
    pub fn with_detail(mut self, detail: impl fmt::Display) -> Self {
        let detail = detail.to_string();
        let detail = detail.trim();
        let mut from = detail.len().saturating_sub(DETAIL_LIMIT);
        while !detail.is_char_boundary(from) {
            from += 1;
        }
        self.detail = (!detail.is_empty()).then(|| detail[from..].to_owned());
        self
    }

    /// Adds the pause that the other side asked for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Logs the error with the numbers of the messages, which people know from their notices.
    pub fn log(&self, turn: TurnId, messages: &[MessageId], attempt: u32) {
        let messages: Vec<_> = messages.iter().map(|message| message.0).collect();
        tracing::warn!(
            %turn,
            ?messages,
            attempt,
            class = self.class.as_str(),
            reason = %self.reason,
            detail = self.detail,
            "a turn brought no reply"
        );
    }
}

impl From<TurnOver> for AgentError {
    fn from(_: TurnOver) -> Self {
        Self::failed("the turn is over")
    }
}

/// Text that everybody may read, including guests of a public page. It consists of literal words from
/// this program and [`Harmless`] values, so no text from a program, a server or the system can enter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicText(String);

impl PublicText {
    /// `words`, with each `{}` replaced by the next of `values`.
    pub fn of(words: &'static str, values: &[&dyn Harmless]) -> Self {
        debug_assert_eq!(
            words.matches("{}").count(),
            values.len(),
            "as many values as places in: {words}"
        );
        let mut parts = words.split("{}");
        let mut text = parts.next().unwrap_or_default().to_owned();
        let mut values = values.iter();
        for part in parts {
            if let Some(value) = values.next() {
                text += &value.to_string();
            }
            text += part;
        }
        Self(text)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl From<&'static str> for PublicText {
    fn from(words: &'static str) -> Self {
        Self(words.to_owned())
    }
}

impl fmt::Display for PublicText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A value that may stand in a [`PublicText`]: a number, or a name that people know anyway. Never
/// implement this trait for text from outside.
pub trait Harmless: fmt::Display {}

macro_rules! public_values {
    ($($kind:ty),+) => { $(impl Harmless for $kind {})+ };
}

public_values!(
    u8,
    u16,
    u32,
    u64,
    usize,
    i32,
    f32,
    AgentName,
    PersonaName,
    PublicText
);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_stand_where_the_words_have_room_for_them() {
        let reason = PublicText::of("{} of {} s", &[&PublicText::from("{}"), &2.5_f32]);
        assert_eq!(reason.as_str(), "{} of 2.5 s");
    }

    #[test]
    fn of_a_long_detail_the_end_is_kept() {
        let detail = "é".repeat(DETAIL_LIMIT);
        let error = AgentError::failed("no").with_detail(format!("x{detail}y\n"));
        let kept = error.detail.unwrap();
        assert!(kept.len() <= DETAIL_LIMIT && kept.ends_with("éy"), "{kept}");
        assert_eq!(AgentError::failed("no").with_detail(" \n").detail, None);
    }

    #[test]
    fn what_it_shows_as_text_has_no_detail() {
        let error = AgentError::failed("no").with_detail("hunter2");
        assert_eq!(error.to_string(), "no");
    }
}
