//! The end of a message: `result`.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::Value;

use super::fields::{millis, number, taken, text, texts, whole, yes};

/// The result of a message.
///
/// One message can have two results: if a helper in the background ends after the first result, the CLI
/// continues by itself, see [`Finished::is_follow_up`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Finished {
    /// The last text, or a description of the error. Absent after an interruption.
    pub text: Option<String>,
    /// `success`, `error_during_execution`, `error_max_turns`, … A failure of the model's server is also a
    /// `success` here; use [`Finished::succeeded`].
    pub subtype: Option<String>,
    /// Whether an error occurred.
    pub is_error: bool,
    /// The errors, in the CLI's words.
    pub errors: Vec<String>,
    /// The id to resume the session.
    pub session_id: Option<String>,
    /// The tokens of this message, without the helpers' tokens.
    pub tokens: Tokens,
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
    pub denied: Vec<Denied>,
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
pub struct Tokens {
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
    pub tokens: Tokens,
    /// The cost in US dollars.
    pub cost: Option<f64>,
    /// The size of the model's context, in tokens.
    pub context_window: Option<u64>,
}

/// A denied use of a tool.
#[derive(Debug, Clone, PartialEq)]
pub struct Denied {
    /// The name of the tool.
    pub tool: String,
    /// The id of the tool use.
    pub tool_use_id: Option<String>,
    /// The input of the tool.
    pub input: Value,
}

impl Finished {
    /// Whether [`Finished::text`] is an answer.
    pub fn succeeded(&self) -> bool {
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

pub(super) fn read(value: &mut Value) -> Finished {
    let denied = match taken(value, "permission_denials") {
        Some(Value::Array(denied)) => denied,
        _ => Vec::new(),
    };
    Finished {
        text: value
            .get("result")
            .and_then(Value::as_str)
            .map(str::to_owned),
        subtype: text(value, "subtype"),
        is_error: yes(value, "is_error"),
        errors: texts(value, "errors"),
        session_id: text(value, "session_id"),
        tokens: value.get("usage").map(tokens).unwrap_or_default(),
        models: models(value),
        session_cost: number(value, "total_cost_usd"),
        duration: millis(value, "duration_ms"),
        api_duration: millis(value, "duration_api_ms"),
        num_turns: whole(value, "num_turns"),
        denied: denied.into_iter().map(not_allowed).collect(),
        api_error_status: whole(value, "api_error_status"),
        stop_reason: text(value, "stop_reason"),
        terminal_reason: text(value, "terminal_reason"),
        origin: value.get("origin").and_then(|origin| text(origin, "kind")),
        local_command: text(value, "local_command"),
        index: whole(value, "result_index"),
        queued: whole(value, "queued_turn_count"),
    }
}

fn tokens(usage: &Value) -> Tokens {
    Tokens {
        input: whole(usage, "input_tokens"),
        output: whole(usage, "output_tokens"),
        cache_creation: whole(usage, "cache_creation_input_tokens"),
        cache_read: whole(usage, "cache_read_input_tokens"),
    }
}

fn models(value: &Value) -> BTreeMap<String, ModelUse> {
    let Some(models) = value
        .get("model_usage_since_last_result")
        .and_then(Value::as_object)
    else {
        return BTreeMap::new();
    };
    let one = |used: &Value| ModelUse {
        tokens: Tokens {
            input: whole(used, "inputTokens"),
            output: whole(used, "outputTokens"),
            cache_creation: whole(used, "cacheCreationInputTokens"),
            cache_read: whole(used, "cacheReadInputTokens"),
        },
        cost: number(used, "costUSD"),
        context_window: whole(used, "contextWindow"),
    };
    models
        .iter()
        .map(|(model, used)| (model.clone(), one(used)))
        .collect()
}

fn not_allowed(mut denied: Value) -> Denied {
    Denied {
        tool: text(&denied, "tool_name").unwrap_or_else(|| "a tool".to_owned()),
        tool_use_id: text(&denied, "tool_use_id"),
        input: taken(&mut denied, "tool_input").unwrap_or_default(),
    }
}
