//! Why a turn brought no reply: a class and a reason that everybody may read, and a detail that only
//! the log and operators see.
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

/// How long a detail is at most, in bytes; of a longer one its end is kept, where most programs say why
/// they failed.
const DETAIL_LIMIT: usize = 4 * 1024;

/// Why a turn brought no reply. What it shows as text is for everybody; [`detail`](Self::detail) is not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{reason}")]
pub struct AgentError {
    /// Whether, and for how long, there are further tries.
    pub class: ErrorClass,
    /// What happened and what to do about it, in words that everybody may read.
    pub reason: PublicText,
    /// What the other side said of it: complaints of a program, a traceback, the body of an answer. For
    /// the log, and for operators who trace the message; guests and members never see it.
    pub detail: Option<String>,
    /// The pause before the next try that the other side asked for.
    pub retry_after: Option<Duration>,
}

/// Whether a failed turn is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorClass {
    /// The agent could not be reached: tried again for long.
    Unavailable,
    /// It began and failed: tried again a few times.
    Failed,
    /// It will never answer this: not tried again.
    Rejected,
    /// It took too long: not tried again by itself.
    TimeLimit,
}

impl ErrorClass {
    /// One word for it, in logs.
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

    /// It could not be reached.
    pub fn unavailable(reason: impl Into<PublicText>) -> Self {
        Self::new(ErrorClass::Unavailable, reason.into())
    }

    /// It began and failed.
    pub fn failed(reason: impl Into<PublicText>) -> Self {
        Self::new(ErrorClass::Failed, reason.into())
    }

    /// It will never answer this.
    pub fn rejected(reason: impl Into<PublicText>) -> Self {
        Self::new(ErrorClass::Rejected, reason.into())
    }

    /// It had this long, and was not done.
    pub fn time_limit(limit: Duration) -> Self {
        let reason = PublicText::of("no answer within {} s", &[&limit.as_secs_f32()]);
        Self::new(ErrorClass::TimeLimit, reason)
    }

    /// The same, with what the other side said of it. Its last 4 KiB are kept; the caller takes secrets
    /// that it knows out of it first.
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

    /// The same, with the pause that the other side asked for.
    #[must_use]
    pub fn with_retry_after(mut self, pause: Duration) -> Self {
        self.retry_after = Some(pause);
        self
    }

    /// Writes it into the log, under the numbers that people are told.
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

/// Text that everybody may read, guests of a public page included: words that are written in this
/// program, and values in them that are [`Harmless`]. Nothing that a program, a server or the system said
/// can become a part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicText(String);

impl PublicText {
    /// `words`, each `{}` in them replaced by the next of `values`.
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

    /// As text.
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

/// What may stand within a [`PublicText`]: numbers, and names that people know anyway. Never implemented
/// for text that came from outside.
pub trait Harmless: fmt::Display {}

macro_rules! harmless {
    ($($kind:ty),+) => { $(impl Harmless for $kind {})+ };
}

harmless!(
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
