//! The reasons for a missing reply, for people. The CLI's own text goes to the log and to operators only.

use std::time::Duration;

use baton_core::agent::{AgentError, PublicText};

use super::ClaudeSettings;
use super::events::ResultMessage;
use super::transcript::TranscriptState;
use crate::http_status::is_temporary;
use crate::safe_text;

/// The CLI's name for an answer cut by the length limit.
pub(super) const LENGTH: &str = "max_output_tokens";

pub(super) fn session_in_use() -> AgentError {
    AgentError::rejected(
        "this conversation's Claude session is open in another terminal; close it there, and try again",
    )
}

pub(super) fn silence_exceeded(limit: Duration) -> AgentError {
    let limit = limit.as_secs_f32();
    AgentError::failed(PublicText::of(
        "Claude was silent for {} s, and was ended",
        &[&limit],
    ))
}

pub(super) fn too_much_output() -> AgentError {
    AgentError::failed("Claude wrote more than the limit, and was ended")
}

pub(super) fn no_answer() -> AgentError {
    AgentError::failed("Claude ended without an answer")
}

/// The error of a message that failed.
pub(super) fn from_result(
    finished: &ResultMessage,
    transcript: &TranscriptState,
    settings: &ClaudeSettings,
) -> AgentError {
    let detail = finished.text.as_deref().unwrap_or_default();
    let detail = [detail, &finished.errors.join("; ")].join(" ");
    let detail = safe_text::safe_beginning(&detail, settings.env.values());
    let api_error = transcript.api_error.clone().unwrap_or_default();
    let error = if finished.is_api_error() || transcript.api_error.is_some() {
        let status = finished.api_error_status.or(api_error.status);
        from_api_error(status, api_error.kind.as_deref().unwrap_or_default())
    } else {
        match finished.subtype.as_deref().and_then(limit_name) {
            Some(limit) => AgentError::rejected(PublicText::of(
                "Claude reached its {} and was stopped",
                &[&limit],
            )),
            None => AgentError::failed("Claude failed"),
        }
    };
    error.with_detail(detail)
}

fn from_api_error(status: Option<u64>, kind: &str) -> AgentError {
    if matches!(status, Some(401 | 403)) || kind == "authentication_failed" {
        return AgentError::rejected(
            "Claude is not signed in, or its key is wrong; sign in with the CLI on Baton's machine, or put a \
             key into the agent's secrets",
        );
    }
    if kind == LENGTH {
        return AgentError::rejected("Claude reached its length limit before its first word");
    }
    let code = match status {
        Some(status) => PublicText::of(" (status {})", &[&status]),
        None => PublicText::from(""),
    };
    if status == Some(413) {
        // In its next attempt, the CLI leaves out the earlier images.
        return AgentError::failed("the conversation is too large for Claude's model");
    }
    let refused = status
        .and_then(|status| u16::try_from(status).ok())
        .is_some_and(|status| (400..500).contains(&status) && !is_temporary(status));
    if refused || matches!(kind, "billing_error" | "invalid_request") {
        let words = "the model's server refused the request of Claude{}";
        return AgentError::rejected(PublicText::of(words, &[&code]));
    }
    AgentError::unavailable(PublicText::of(
        "Claude cannot reach its model now{}",
        &[&code],
    ))
}

/// The limit in the agent's settings that ended a message.
fn limit_name(subtype: &str) -> Option<PublicText> {
    match subtype.strip_prefix("error_max_")? {
        "turns" => Some("limit of turns".into()),
        "budget_usd" => Some("limit of cost".into()),
        _ => Some("limit".into()),
    }
}
