//! The control protocol: requests of the CLI, and its answers to Baton's requests.

use serde_json::Value;

use super::fields::{is_true, take_field, text_field};

/// A request of the CLI, which waits for the answer.
#[derive(Debug, Clone, PartialEq)]
pub struct ControlRequest {
    /// The id for the answer.
    pub request_id: String,
    /// The content of the request.
    pub ask: ControlRequestKind,
}

/// The content of a request of the CLI.
#[derive(Debug, Clone, PartialEq)]
pub enum ControlRequestKind {
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
    pub answer: Result<Value, RequestRefusal>,
    /// Earlier requests of the CLI that still wait for an answer.
    pub pending: Vec<ControlRequest>,
}

/// A refusal of a request of Baton.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the CLI refused: {message}")]
pub struct RequestRefusal {
    /// The reason, in the CLI's words.
    pub message: String,
    /// The error code, for example `unsupported_request`.
    pub code: Option<String>,
}

/// `None` for a request without an id or content.
pub(super) fn parse_request(value: &mut Value) -> Option<ControlRequest> {
    let request_id = text_field(value, "request_id")?;
    let mut request = take_field(value, "request")?;
    let subtype = text_field(&request, "subtype").unwrap_or_default();
    let ask = match subtype.as_str() {
        "can_use_tool" => {
            parse_tool_request(&mut request).map(|tool| ControlRequestKind::Tool(Box::new(tool)))
        }
        "hook_callback" => {
            text_field(&request, "callback_id").map(|callback_id| ControlRequestKind::Hook {
                callback_id,
                tool_use_id: text_field(&request, "tool_use_id"),
                input: take_field(&mut request, "input").unwrap_or_default(),
            })
        }
        _ => None,
    };
    Some(ControlRequest {
        request_id,
        ask: ask.unwrap_or(ControlRequestKind::Other { subtype, request }),
    })
}

fn parse_tool_request(request: &mut Value) -> Option<ToolRequest> {
    Some(ToolRequest {
        tool: text_field(request, "tool_name")?,
        tool_use_id: text_field(request, "tool_use_id"),
        display_name: text_field(request, "display_name"),
        title: text_field(request, "title"),
        description: text_field(request, "description"),
        reason: text_field(request, "decision_reason"),
        blocked_path: text_field(request, "blocked_path"),
        agent_id: text_field(request, "agent_id"),
        suggestions: match take_field(request, "permission_suggestions") {
            Some(Value::Array(suggestions)) => suggestions,
            _ => Vec::new(),
        },
        wants_words: is_true(request, "requires_user_interaction"),
        once_only: is_true(request, "suppress_always_allow_rule"),
        input: take_field(request, "input").unwrap_or_default(),
    })
}

/// `None` for a response without an id or content.
pub(super) fn parse_response(value: &mut Value) -> Option<ControlResponse> {
    let mut response = take_field(value, "response")?;
    let request_id = text_field(&response, "request_id")?;
    let mut pending = Vec::new();
    // The list is in the answer in some versions, and beside the answer in others.
    for holder in [&mut response, value] {
        if let Some(Value::Array(requests)) = take_field(holder, "pending_permission_requests") {
            pending.extend(
                requests
                    .into_iter()
                    .filter_map(|mut request| parse_request(&mut request)),
            );
        }
    }
    let answer = match text_field(&response, "subtype").as_deref() {
        Some("success") => Ok(take_field(&mut response, "response").unwrap_or_default()),
        _ => Err(RequestRefusal {
            message: text_field(&response, "error").unwrap_or_else(|| "no reason given".to_owned()),
            code: text_field(&response, "error_code"),
        }),
    };
    Some(ControlResponse {
        request_id,
        answer,
        pending,
    })
}
