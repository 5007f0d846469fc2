//! The control protocol: requests of the CLI, and its answers to Baton's requests.

use serde_json::Value;

use super::Event;
use super::fields::{taken, text, yes};
use super::line::Said;

/// A request of the CLI, which waits for the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlRequest {
    /// The id for the answer.
    pub request_id: String,
    /// The content of the request.
    pub ask: Ask,
}

/// The content of a request of the CLI.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    /// The CLI asks for permission to use a tool.
    Tool(Box<ToolRequest>),
    /// The CLI calls a hook of Baton.
    Hook {
        /// The id that Baton announced for the hook.
        callback_id: String,
        /// The tool use that the hook is about.
        tool_use_id: Option<String>,
        /// The input of the hook; see the CLI's documentation of hooks.
        input: Value,
    },
    /// Another request. The CLI waits for an answer to this one too: [`super::super::outgoing::refuse`].
    Other {
        /// The kind of request.
        subtype: String,
        /// The whole request.
        request: Value,
    },
}

/// A request for permission to use a tool.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ToolRequest {
    /// The name of the tool.
    pub tool: String,
    /// The input of the tool. An allowing answer repeats the input, changed or unchanged.
    pub input: Value,
    /// The id of the tool use.
    pub tool_use_id: Option<String>,
    /// The tool's name for people.
    pub display_name: Option<String>,
    /// The question, in the CLI's words.
    pub title: Option<String>,
    /// The purpose of the use, in the model's words.
    pub description: Option<String>,
    /// The reason for the question, in the CLI's words.
    pub reason: Option<String>,
    /// The path outside the allowed folders.
    pub blocked_path: Option<String>,
    /// The helper that wants to use the tool.
    pub agent_id: Option<String>,
    /// Rules that would avoid this question next time. The answer may return them unchanged.
    pub suggestions: Vec<Value>,
    /// Whether the tool is a question to people, so a plain yes is no answer.
    pub wants_words: bool,
    /// Whether the answer may create no rule.
    pub once_only: bool,
}

/// An answer of the CLI to a request of Baton.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlResponse {
    /// The id of the request.
    pub request_id: String,
    /// The answer, or a refusal.
    pub answer: Result<Value, Refusal>,
    /// Earlier requests of the CLI that still wait for an answer.
    pub pending: Vec<ControlRequest>,
}

/// A refusal of a request of Baton.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the CLI refused: {message}")]
pub struct Refusal {
    /// The reason, in the CLI's words.
    pub message: String,
    /// The error code, for example `unsupported_request`.
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
    // The list is in the answer in some versions, and beside the answer in others.
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
