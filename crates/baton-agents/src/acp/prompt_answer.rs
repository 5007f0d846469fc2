//! The answer of an agent to a prompt.

use agent_client_protocol::v1::schema::{PromptResponse, StopReason};
use baton_core::agent::Reply;
use baton_core::turn::Usage;
use serde::Deserialize;
use serde_json::Value;

use super::acp_errors::AcpError;
use super::update_handler::UpdateHandler;

/// The answer of an agent to a prompt.
pub(super) struct PromptAnswer {
    /// `None` for an unknown reason.
    stop: Option<StopReason>,
    usage: Usage,
}

impl PromptAnswer {
    pub(super) fn parse(answer: &Value) -> Self {
        let response = PromptResponse::deserialize(answer);
        let response = response.inspect_err(
            |error| tracing::debug!(%error, %answer, "an agent ended a turn for an unknown reason"),
        );
        Self {
            stop: response.ok().map(|response| response.stop_reason),
            usage: parse_usage(answer),
        }
    }

    /// Returns the reply of an agent that answered.
    pub(super) fn into_reply(self, updates: UpdateHandler<'_>) -> Result<Reply, AcpError> {
        let nothing = updates.reply_text.is_empty();
        let note = match self.stop {
            Some(StopReason::EndTurn) => None,
            Some(StopReason::MaxTokens) => {
                Some("The agent reached its token limit: the reply is incomplete.")
            }
            Some(StopReason::MaxTurnRequests) => Some(
                "The agent reached its limit of requests for one message: the work is not done.",
            ),
            Some(StopReason::Refusal) if nothing => return Err(AcpError::Unwilling),
            Some(StopReason::Refusal) => {
                Some("The agent refused to continue, and will not remember this message.")
            }
            // Some agents treat a denied request as a cancel of the whole turn.
            Some(StopReason::Cancelled) if updates.denied => None,
            Some(StopReason::Cancelled) => return Err(AcpError::Cancelled),
            _ => Some("The agent ended for a reason that Baton does not know."),
        };
        let mut reply = updates.into_reply();
        reply.usage = self.usage;
        reply.notes.extend(note.map(str::to_owned));
        Ok(reply)
    }
}

/// Returns the usage reported by an agent. The protocol's field for the usage is not final yet.
fn parse_usage(answer: &Value) -> Usage {
    let count = |key: &str| answer.pointer(&format!("/usage/{key}"))?.as_u64();
    Usage {
        input_tokens: count("inputTokens"),
        output_tokens: count("outputTokens"),
        ..Usage::default()
    }
}
