//! The consequences of the end of a turn: the new states of the turn's messages, the reply or notice, and the rest of
//! the conversation. The rules are the same for the dispatcher and for outside workers.

use std::time::Duration;

use crate::activity::{self, Activity, shorten_text};
use crate::agent::{AgentError, ErrorClass};
use crate::delivery::{NewDelivery, Operation};
use crate::id::MessageId;
use crate::message::Attachment;
use crate::notice;
use crate::persona::Persona;
use crate::retry::RetryPolicy;
use crate::turn::{Tries, TurnEnd};

/// The number of characters from a failed turn's partial reply in its detail.
const PARTIAL_REPLY_TRACED: usize = 1_000;

/// The consequences of the end of a turn.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Conclusion {
    /// The end of the turn. The end decides the new states of the messages.
    pub end: TurnEnd,
    /// The reply or notice for people.
    pub delivery: Option<NewDelivery>,
    /// A detail for operators only.
    pub detail: Option<String>,
    /// The pause before the next turn of the conversation.
    pub rest: Duration,
}

/// The visible output of a turn.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Written {
    /// The text, as Markdown.
    pub text: String,
    /// The activities of the agent.
    pub activities: Vec<Activity>,
    /// The files to send.
    pub files: Vec<Attachment>,
}

impl Written {
    /// Output with only a text.
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
    /// The end of a turn with this reply to `message`. Without text, files and activities, nothing is sent.
    pub fn answered(persona: Option<&Persona>, message: MessageId, written: Written) -> Self {
        let says_nothing = written.text.trim().is_empty() && written.files.is_empty();
        let text = if says_nothing && !written.activities.is_empty() {
            // An agent may choose to say nothing, but its actions must stay visible.
            notice::SAID_NOTHING.to_owned()
        } else {
            apply_filters(persona, written.text)
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

    /// The end of a failed turn. If a turn had several messages, any of them may have caused the failure.
    /// Such messages are therefore tried again alone before Baton gives them up.
    pub fn failed(
        retry: &RetryPolicy,
        error: &AgentError,
        messages: &[MessageId],
        tries: Tries,
    ) -> Self {
        let attempt = tries.number;
        let last = messages.last().copied().unwrap_or(MessageId(0));
        let end = match retry.end_after(error, last, tries) {
            TurnEnd::Dead { reason } if messages.len() > 1 => TurnEnd::Retry {
                reason,
                pause: retry.spread_pause(last.0, 1),
                unavailable: error.class == ErrorClass::Unavailable,
            },
            end => end,
        };
        let delivery = messages
            .last()
            .and_then(|message| notice::failure_notice(*message, attempt, &end));
        Self {
            end,
            delivery,
            detail: error.detail.clone(),
            rest: Duration::ZERO,
        }
    }

    /// Adds the partial reply of the failed turn. Operators find the beginning of this reply in the trace of every try;
    /// people find the reply under their notices.
    #[must_use]
    pub fn with_partial_reply(mut self, so_far: &str) -> Self {
        let Some(written) = activity::partial_reply_activity(so_far) else {
            return self;
        };
        let beginning = shorten_text(written.detail.clone(), PARTIAL_REPLY_TRACED);
        let detail = self.detail.into_iter();
        let detail = detail.chain([format!("the agent had written: {beginning}")]);
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

    /// The end of a turn that was stopped for `reason`, with its output so far.
    pub fn stopped(
        persona: Option<&Persona>,
        message: MessageId,
        so_far: Written,
        reason: String,
    ) -> Self {
        let so_far = Written {
            text: apply_filters(persona, so_far.text),
            ..so_far
        };
        let delivery = (!so_far.is_empty()).then(|| notice::stopped_reply(message, so_far));
        Self {
            end: TurnEnd::Cancelled { reason },
            delivery,
            detail: None,
            rest: Duration::ZERO,
        }
    }

    /// The end of a turn because of a shutdown or a lost claim.
    pub fn interrupted() -> Self {
        Self {
            end: TurnEnd::Interrupted,
            delivery: None,
            detail: None,
            rest: Duration::ZERO,
        }
    }
}

/// Applies the persona's filters to a complete or partial reply.
fn apply_filters(persona: Option<&Persona>, text: String) -> String {
    match persona {
        Some(persona) => persona.filters.apply(&text),
        None => text,
    }
}
