//! Why the CLI brought no reply, in words for people. They see no path, and no part of a key.

use std::time::Duration;

use baton_core::agent::{AgentError, TurnOver};

use super::ClaudeSettings;
use super::course::Course;
use super::events::Finished;
use crate::text;

pub(super) fn session_in_use() -> AgentError {
    AgentError::Rejected {
        reason:
            "this conversation's Claude session is open in another terminal; close it there, and \
                 try again"
                .to_owned(),
    }
}

pub(super) fn over() -> AgentError {
    AgentError::Failed {
        reason: TurnOver.to_string(),
    }
}

pub(super) fn silent(silence: Duration) -> AgentError {
    AgentError::Failed {
        reason: format!(
            "Claude said nothing for {} s, and was ended",
            silence.as_secs_f32()
        ),
    }
}

pub(super) fn too_much() -> AgentError {
    AgentError::Failed {
        reason: "Claude said more than can be kept, and was ended".to_owned(),
    }
}

pub(super) fn no_end() -> AgentError {
    AgentError::Failed {
        reason: "Claude ended without an answer".to_owned(),
    }
}

/// Its message ended in an error.
pub(super) fn of(finished: &Finished, course: &Course, settings: &ClaudeSettings) -> AgentError {
    let said = finished.text.as_deref().unwrap_or_default();
    let said = text::beginning(said, settings.env.values());
    let told = course.api_error.clone().unwrap_or_default();
    if finished.is_api_error() || course.api_error.is_some() {
        let status = finished.api_error_status.or(told.status);
        return of_api(status, told.kind.as_deref().unwrap_or_default(), &said);
    }
    if let Some(limit) = finished.subtype.as_deref().and_then(limit) {
        return AgentError::Rejected {
            reason: format!("Claude was ended at its {limit}"),
        };
    }
    let errors = finished.errors.join("; ");
    let errors = text::beginning(&errors, settings.env.values());
    let why = [said, errors].into_iter().find(|why| !why.is_empty());
    AgentError::Failed {
        reason: match why {
            Some(why) => format!("Claude failed: {why}"),
            None => "Claude failed, and did not say why".to_owned(),
        },
    }
}

fn of_api(status: Option<u64>, kind: &str, said: &str) -> AgentError {
    // What is said of it can hold parts of the key.
    if matches!(status, Some(401 | 403)) || kind == "authentication_failed" {
        return AgentError::Rejected {
            reason:
                "Claude is not signed in, or its key is wrong; sign in with the CLI on the machine \
                     that it runs on, or put a key into the agent's secrets"
                    .to_owned(),
        };
    }
    if status == Some(413) {
        // In its next try it leaves out the images of before.
        return AgentError::Failed {
            reason: format!("the conversation is too large for Claude's model: {said}"),
        };
    }
    let refused = match status {
        Some(408 | 409 | 425 | 429) | None => false,
        Some(status) => (400..500).contains(&status),
    };
    if refused || matches!(kind, "billing_error" | "invalid_request") {
        return AgentError::Rejected {
            reason: format!("the model's server refused what Claude asked: {said}"),
        };
    }
    AgentError::Unavailable {
        reason: format!("Claude cannot reach its model now: {said}"),
    }
}

/// The limit of the agent's own settings that a message ended at.
fn limit(subtype: &str) -> Option<String> {
    let limit = subtype.strip_prefix("error_max_")?;
    Some(format!("limit of {}", limit.replace('_', " ")))
}
