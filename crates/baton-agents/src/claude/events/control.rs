//! The control protocol: what the CLI asks, and what it answers.

use serde_json::Value;

use super::Event;
use super::fields::{taken, text, yes};
use super::line::Said;

/// The CLI asks, and waits for the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlRequest {
    /// By which it is answered.
    pub request_id: String,
    /// What it asks.
    pub ask: Ask,
}

/// What the CLI asks.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// May this tool be used?
    Tool(Box<ToolRequest>),
    /// A hook of ours is due.
    Hook {
        /// The id that it was announced with.
        callback_id: String,
        /// The tool use that it is about.
        tool_use_id: Option<String>,
        /// What a hook is told, see the CLI's documentation of hooks.
        input: Value,
    },
    /// Anything else. It waits for an answer all the same: [`super::super::outgoing::refuse`].
    Other {
        /// What kind.
        subtype: String,
        /// The whole question.
        request: Value,
    },
}

/// May this tool be used?
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolRequest {
    /// The tool.
    pub tool: String,
    /// What it is given. An allowing answer says it again, changed or not.
    pub input: Value,
    /// The tool use.
    pub tool_use_id: Option<String>,
    /// The tool's name for people.
    pub display_name: Option<String>,
    /// The question, in the CLI's words.
    pub title: Option<String>,
    /// What it is for, in the model's words.
    pub description: Option<String>,
    /// Why it is asked, in the CLI's words.
    pub reason: Option<String>,
    /// The path that is outside of what is allowed.
    pub blocked_path: Option<String>,
    /// The helper that wants it.
    pub agent_id: Option<String>,
    /// Rules that would spare this question next time; for the answer, as they are.
    pub suggestions: Vec<Value>,
    /// The tool is a question to people: a mere yes is no answer.
    pub wants_words: bool,
    /// No rule may come of the answer.
    pub once_only: bool,
}

/// The CLI answers what we asked.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlResponse {
    /// What we asked.
    pub request_id: String,
    /// What it answers.
    pub answer: Result<Value, Refusal>,
    /// What it asked before and still waits for.
    pub pending: Vec<ControlRequest>,
}

/// What we asked cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the CLI refused: {message}")]
pub struct Refusal {
    /// Why, in the CLI's words.
    pub message: String,
    /// For example `unsupported_request`.
    pub code: Option<String>,
}

pub(super) fn request(value: &mut Value, said: &mut Said<'_>) {
    let asked = asked(value).map(|asked| Event::Request(Box::new(asked)));
    said.add_or_unknown(asked, "control_request");
}

pub(super) fn response(value: &mut Value, said: &mut Said<'_>) {
    let answered = answered(value).map(|answered| Event::Response(Box::new(answered)));
    said.add_or_unknown(answered, "control_response");
}

fn asked(value: &mut Value) -> Option<ControlRequest> {
    let request_id = text(value, "request_id")?;
    let mut request = taken(value, "request")?;
    let subtype = text(&request, "subtype").unwrap_or_default();
    let ask = match subtype.as_str() {
        "can_use_tool" => tool(&mut request).map(|tool| Ask::Tool(Box::new(tool))),
        "hook_callback" => text(&request, "callback_id").map(|callback_id| Ask::Hook {
            callback_id,
            tool_use_id: text(&request, "tool_use_id"),
            input: taken(&mut request, "input").unwrap_or_default(),
        }),
        _ => None,
    };
    Some(ControlRequest {
        request_id,
        ask: ask.unwrap_or(Ask::Other { subtype, request }),
    })
}

fn tool(request: &mut Value) -> Option<ToolRequest> {
    Some(ToolRequest {
        tool: text(request, "tool_name")?,
        tool_use_id: text(request, "tool_use_id"),
        display_name: text(request, "display_name"),
        title: text(request, "title"),
        description: text(request, "description"),
        reason: text(request, "decision_reason"),
        blocked_path: text(request, "blocked_path"),
        agent_id: text(request, "agent_id"),
        suggestions: match taken(request, "permission_suggestions") {
            Some(Value::Array(suggestions)) => suggestions,
            _ => Vec::new(),
        },
        wants_words: yes(request, "requires_user_interaction"),
        once_only: yes(request, "suppress_always_allow_rule"),
        input: taken(request, "input").unwrap_or_default(),
    })
}

fn answered(value: &mut Value) -> Option<ControlResponse> {
    let mut response = taken(value, "response")?;
    let request_id = text(&response, "request_id")?;
    let mut pending = Vec::new();
    // Told within the answer in some versions, and beside it in others.
    for holder in [&mut response, value] {
        if let Some(Value::Array(asked_before)) = taken(holder, "pending_permission_requests") {
            pending.extend(
                asked_before
                    .into_iter()
                    .filter_map(|mut asked_before| asked(&mut asked_before)),
            );
        }
    }
    let answer = match text(&response, "subtype").as_deref() {
        Some("success") => Ok(taken(&mut response, "response").unwrap_or_default()),
        _ => Err(Refusal {
            message: text(&response, "error").unwrap_or_else(|| "it did not say why".to_owned()),
            code: text(&response, "error_code"),
        }),
    };
    Some(ControlResponse {
        request_id,
        answer,
        pending,
    })
}
