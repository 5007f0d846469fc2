//! The answers to commands, as Markdown.

use std::fmt::Write;

use crate::activity::shorten_text;
use crate::clock::Wall;
use crate::id::MessageId;
use crate::message::Message;
use crate::name::PersonaName;
use crate::store::{ConversationView, TraceLine};
use crate::turn::Usage;

/// The maximum length of a message's excerpt in a list, in characters.
const EXCERPT_LIMIT: usize = 60;

/// The state of the conversation, as a list.
pub(super) fn render_status(persona: &PersonaName, here: &ConversationView, now: Wall) -> String {
    let mut text = format!("**{persona}** (agent {})", here.agent);
    let mut line = |what: &str| {
        let _ = write!(text, "\n- {what}");
    };
    match &here.running {
        Some(turn) => {
            let message = turn.messages.first().copied().unwrap_or(MessageId(0));
            let seconds = (now.0 - turn.started_at.0).max(0) / 1_000;
            line(&format!(
                "answering message {message} for {}, try {}",
                render_duration(seconds),
                turn.attempt
            ));
        }
        None => line("nothing runs"),
    }
    line(&match here.waiting {
        0 => "nothing waits".to_owned(),
        waiting => render_waiting(waiting),
    });
    line(&match &here.session {
        Some(session) => format!("session `{session}`"),
        None => "no session yet".to_owned(),
    });
    if let Some(model) = &here.model {
        line(&format!("model `{model}`"));
    }
    if let Some(used) = render_usage(&here.usage) {
        line(&used);
    }
    if here.is_muted {
        line("muted: only questions come with a notification");
    }
    if let Some(message) = here.retry {
        line(&format!(
            "message {message} was given up; /retry tries the message again"
        ));
    }
    text
}

pub(super) fn render_reset(here: &ConversationView) -> &'static str {
    match here.running {
        Some(_) => {
            "The conversation so far is forgotten. The running turn continues. The next message begins anew: \
             the agent does not see the earlier messages."
        }
        None => {
            "The conversation so far is forgotten. The next message begins anew: the agent does not see the \
             earlier messages."
        }
    }
}

pub(super) fn render_model(here: &ConversationView) -> String {
    match &here.model {
        Some(model) => format!("From the next message on, `{model}` answers here."),
        None => "The agent's own model answers here.".to_owned(),
    }
}

pub(super) fn render_waiting(count: u32) -> String {
    match count {
        1 => "1 message waits".to_owned(),
        _ => format!("{count} messages wait"),
    }
}

pub(super) fn render_excerpt(message: &Message) -> String {
    // The excerpt is one line without backticks, so it cannot contain markup.
    let line = message
        .text
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ");
    let plain = line.replace('`', "'");
    format!(
        "{}: `{}`",
        message.author.name,
        shorten_text(plain, EXCERPT_LIMIT)
    )
}

fn render_duration(seconds: i64) -> String {
    match seconds {
        0..=99 => format!("{seconds} s"),
        100..=5_999 => format!("{} min", seconds / 60),
        _ => format!("{} h", seconds / 3_600),
    }
}

fn render_usage(usage: &Usage) -> Option<String> {
    let mut parts = Vec::new();
    if let Some(tokens) = usage.input_tokens {
        parts.push(format!("{tokens} tokens in"));
    }
    if let Some(tokens) = usage.output_tokens {
        parts.push(format!("{tokens} tokens out"));
    }
    if let Some(micros) = usage.cost_micros {
        parts.push(format!(
            "{}.{:02} $",
            micros / 1_000_000,
            micros % 1_000_000 / 10_000
        ));
    }
    if let Some(millis) = usage.duration_ms {
        let seconds = i64::try_from(millis / 1_000).unwrap_or(i64::MAX);
        parts.push(format!("{} of work", render_duration(seconds)));
    }
    (!parts.is_empty()).then(|| format!("used in this session: {}", parts.join(", ")))
}

/// The trace of a message, with or without the private details.
pub(super) fn render_trace(lines: &[TraceLine], with_details: bool) -> String {
    let lines = lines.iter().map(|line| {
        let what = &line.what;
        match line.detail.as_deref().filter(|_| with_details) {
            // The detail is shown as code, so backticks and line breaks are replaced.
            Some(detail) => format!("- {what}: `{}`", detail.replace(['`', '\n'], " ")),
            None => format!("- {what}"),
        }
    });
    lines.collect::<Vec<_>>().join("\n")
}
