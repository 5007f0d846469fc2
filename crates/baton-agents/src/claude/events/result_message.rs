//! The end of a message: `result`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::fields::{
    is_true, millis_field, number_field, take_field, text_field, text_list, whole_number,
};

/// The result of a message.
///
/// One message can have two results: if a helper in the background ends after the first result, the CLI
/// continues by itself, see [`ResultMessage::is_follow_up`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct ResultMessage {
    /// The last text, or a description of the error. Absent after an interruption.
    pub text: Option<String>,
    /// `success`, `error_during_execution`, `error_max_turns`, … A failure of the model's server is also a
    /// `success` here; use [`ResultMessage::has_succeeded`].
    pub subtype: Option<String>,
    /// Whether an error occurred.
    pub is_error: bool,
    /// The errors, in the CLI's words.
    pub errors: Vec<String>,
    /// The id to resume the session.
    pub session_id: Option<String>,
    /// The tokens of this message, without the helpers' tokens.
    pub tokens: TokenCounts,
    /// The tokens and the cost by model since the last result, with helpers.
    pub models: BTreeMap<String, ModelUse>,
    /// The cost of the whole session so far, in US dollars. A resumed session continues the count.
    pub session_cost: Option<f64>,
    /// The duration of the work.
    pub duration: Option<Duration>,
    /// The part of the duration spent on the model's server.
    pub api_duration: Option<Duration>,
    /// The number of requests to the model.
    pub num_turns: Option<u64>,
    /// The denied uses of tools.
    pub denied: Vec<PermissionDenial>,
    /// The HTTP status of the model's server after a failure.
    pub api_error_status: Option<u64>,
    /// Why the model stopped writing.
    pub stop_reason: Option<String>,
    /// Why the work ended: `completed`, `api_error`, `aborted_streaming`, …
    pub terminal_reason: Option<String>,
    /// The origin of the work, unless a message of Baton: `task-notification`, …
    pub origin: Option<String>,
    /// The command of the CLI in this message, for example `compact`.
    pub local_command: Option<String>,
    /// The number of the result among all results of this process, from 0.
    pub index: Option<u64>,
    /// The number of messages that wait behind this one.
    pub queued: Option<u64>,
}

/// Counts of tokens.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct TokenCounts {
    /// Input tokens without the cache.
    pub input: Option<u64>,
    /// Output tokens.
    pub output: Option<u64>,
    /// Input tokens written to the cache.
    pub cache_creation: Option<u64>,
    /// Input tokens read from the cache.
    pub cache_read: Option<u64>,
}

/// The usage of one model.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct ModelUse {
    /// The tokens.
    pub tokens: TokenCounts,
    /// The cost in US dollars.
    pub cost: Option<f64>,
    /// The size of the model's context, in tokens.
    pub context_window: Option<u64>,
}

/// A denied use of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct PermissionDenial {
    /// The name of the tool.
    pub tool: String,
    /// The id of the tool use.
    pub tool_use_id: Option<String>,
    /// The input of the tool.
    pub input: Value,
}

impl ResultMessage {
    /// Whether [`ResultMessage::text`] is an answer.
    pub fn has_succeeded(&self) -> bool {
        !self.is_error
            && self
                .subtype
                .as_deref()
                .is_none_or(|subtype| subtype == "success")
    }

    /// Whether the session to resume does not exist, or its id is not valid for the CLI.
    pub fn session_is_unknown(&self) -> bool {
        let unknown = |error: &String| {
            error.starts_with("No conversation found")
                || error.contains("--resume requires a valid session")
        };
        self.is_error && self.errors.iter().any(unknown)
    }

    /// Whether the model's server failed.
    pub fn is_api_error(&self) -> bool {
        self.is_error
            && (self.api_error_status.is_some()
                || self.terminal_reason.as_deref() == Some("api_error"))
    }

    /// Whether the CLI continued by itself after the answer.
    pub fn is_follow_up(&self) -> bool {
        self.origin.as_deref() == Some("task-notification")
    }

    /// The cost since the last result, in US dollars, with helpers.
    pub fn cost(&self) -> Option<f64> {
        let costs: Vec<_> = self
            .models
            .values()
            .filter_map(|model| model.cost)
            .collect();
        (!costs.is_empty()).then(|| costs.iter().sum())
    }
}

pub(super) fn parse_result(value: &mut Value) -> ResultMessage {
    let denied = match take_field(value, "permission_denials") {
        Some(Value::Array(denied)) => denied,
        _ => Vec::new(),
    };
    ResultMessage {
        text: value
            .get("result")
            .and_then(Value::as_str)
            .map(str::to_owned),
        subtype: text_field(value, "subtype"),
        is_error: is_true(value, "is_error"),
        errors: text_list(value, "errors"),
        session_id: text_field(value, "session_id"),
        tokens: value.get("usage").map(parse_tokens).unwrap_or_default(),
        models: parse_models(value),
        session_cost: number_field(value, "total_cost_usd"),
        duration: millis_field(value, "duration_ms"),
        api_duration: millis_field(value, "duration_api_ms"),
        num_turns: whole_number(value, "num_turns"),
        denied: denied.into_iter().map(parse_denial).collect(),
        api_error_status: whole_number(value, "api_error_status"),
        stop_reason: text_field(value, "stop_reason"),
        terminal_reason: text_field(value, "terminal_reason"),
        origin: value
            .get("origin")
            .and_then(|origin| text_field(origin, "kind")),
        local_command: text_field(value, "local_command"),
        index: whole_number(value, "result_index"),
        queued: whole_number(value, "queued_turn_count"),
    }
}

fn parse_tokens(usage: &Value) -> TokenCounts {
    TokenCounts {
        input: whole_number(usage, "input_tokens"),
        output: whole_number(usage, "output_tokens"),
        cache_creation: whole_number(usage, "cache_creation_input_tokens"),
        cache_read: whole_number(usage, "cache_read_input_tokens"),
    }
}

fn parse_models(value: &Value) -> BTreeMap<String, ModelUse> {
    let Some(models) = value
        .get("model_usage_since_last_result")
        .and_then(Value::as_object)
    else {
        return BTreeMap::new();
    };
    let one = |used: &Value| ModelUse {
        tokens: TokenCounts {
            input: whole_number(used, "inputTokens"),
            output: whole_number(used, "outputTokens"),
            cache_creation: whole_number(used, "cacheCreationInputTokens"),
            cache_read: whole_number(used, "cacheReadInputTokens"),
        },
        cost: number_field(used, "costUSD"),
        context_window: whole_number(used, "contextWindow"),
    };
    models
        .iter()
        .map(|(model, used)| (model.clone(), one(used)))
        .collect()
}

fn parse_denial(mut denied: Value) -> PermissionDenial {
    PermissionDenial {
        tool: text_field(&denied, "tool_name").unwrap_or_else(|| "a tool".to_owned()),
        tool_use_id: text_field(&denied, "tool_use_id"),
        input: take_field(&mut denied, "tool_input").unwrap_or_default(),
    }
}
