//! What the end of a turn means, whoever ran it: what becomes of its messages, what people are
//! told, and how long the conversation rests.

use std::time::Duration;

use crate::activity::{self, Activity, shortened};
use crate::agent::{AgentError, ErrorClass};
use crate::delivery::{NewDelivery, Operation};
use crate::id::MessageId;
use crate::message::Attachment;
use crate::notice;
use crate::persona::Persona;
use crate::retry::RetryPolicy;
use crate::turn::{Tries, TurnEnd};

/// How many characters of a failed turn's partial reply are added to its detail.
const WRITTEN_TRACED: usize = 1_000;

/// How a turn ends.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// What becomes of its messages.
    pub end: TurnEnd,
    /// What people are told.
    pub delivery: Option<NewDelivery>,
    /// A detail for operators.
    pub detail: Option<String>,
    /// How long nothing else runs in the conversation.
    pub rest: Duration,
}

/// What a turn brought for people to see.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// Markdown.
    pub text: String,
    /// What was done on the way to it.
    pub activities: Vec<Activity>,
    /// What is sent with it.
    pub files: Vec<Attachment>,
}

impl Written {
    /// Only text.
    pub fn text(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            ..Self::default()
        }
    }

    fn is_empty(&self) -> bool {
        self.text.trim().is_empty() && self.activities.is_empty() && self.files.is_empty()
    }
}

impl Conclusion {
    /// It came to its own end with this reply to `message`, which may be to say nothing.
    pub fn answered(persona: Option<&Persona>, message: MessageId, written: Written) -> Self {
        let says_nothing = written.text.trim().is_empty() && written.files.is_empty();
        let text = if says_nothing && !written.activities.is_empty() {
            // Silence is an answer; that something was done is not kept from people.
            notice::SAID_NOTHING.to_owned()
        } else {
            filtered(persona, written.text)
        };
        let (delivery, rest) = if text.trim().is_empty() && written.files.is_empty() {
            (None, Duration::ZERO)
        } else {
            let operation = Operation::Reply {
                text,
                activities: written.activities,
                files: written.files,
            };
            let rest = persona
                .map(|persona| persona.minimum_pause)
                .unwrap_or_default();
            (Some(NewDelivery { operation, message }), rest)
        };
        Self {
            end: TurnEnd::Done,
            delivery,
            detail: None,
            rest,
        }
    }

    /// It failed, at try number `attempt`. Of several messages nobody knows which was too much, so
    /// none of them is given up before it was tried alone.
    pub fn failed(
        retry: &RetryPolicy,
        error: &AgentError,
        messages: &[MessageId],
        tries: Tries,
    ) -> Self {
        let attempt = tries.number;
        let last = messages.last().copied().unwrap_or(MessageId(0));
        let end = match retry.after(error, last, tries) {
            TurnEnd::Dead { reason } if messages.len() > 1 => TurnEnd::Retry {
                reason,
                pause: retry.pause_of(last.0, 1),
                unavailable: error.class == ErrorClass::Unavailable,
            },
            end => end,
        };
        let delivery = messages
            .last()
            .and_then(|message| notice::of_failure(*message, attempt, &end));
        Self {
            end,
            delivery,
            detail: error.detail.clone(),
            rest: Duration::ZERO,
        }
    }

    /// Adds the partial reply of the failed turn. Operators find its beginning in the trace of every try;
    /// people find it under the notices that they get.
    #[must_use]
    pub fn keeping(mut self, so_far: &str) -> Self {
        let Some(written) = activity::written(so_far) else {
            return self;
        };
        let beginning = shortened(written.detail.clone(), WRITTEN_TRACED);
        let detail = self.detail.into_iter();
        let detail = detail.chain([format!("it had written: {beginning}")]);
        self.detail = Some(detail.collect::<Vec<_>>().join("; "));
        if let Some(NewDelivery {
            operation: Operation::Notice { activities, .. },
            ..
        }) = &mut self.delivery
        {
            activities.push(written);
        }
        self
    }

    /// It was stopped for `reason`, and had come this far.
    pub fn stopped(
        persona: Option<&Persona>,
        message: MessageId,
        so_far: Written,
        reason: String,
    ) -> Self {
        let so_far = Written {
            text: filtered(persona, so_far.text),
            ..so_far
        };
        let delivery = (!so_far.is_empty()).then(|| notice::stopped(message, so_far));
        Self {
            end: TurnEnd::Cancelled { reason },
            delivery,
            detail: None,
            rest: Duration::ZERO,
        }
    }

    /// The program is going down, or the turn is no longer ours.
    pub fn interrupted() -> Self {
        Self {
            end: TurnEnd::Interrupted,
            delivery: None,
            detail: None,
            rest: Duration::ZERO,
        }
    }
}

/// What people may see of a reply, whole or cut short.
fn filtered(persona: Option<&Persona>, text: String) -> String {
    match persona {
        Some(persona) => persona.filters.apply(&text),
        None => text,
    }
}
