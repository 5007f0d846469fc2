//! Whether to try again after an agent's error. The protocol defines no field for this. Agents pass on the
//! answer of their model's server in various ways: an HTTP status as the code, in a field or in the text, or
//! a name for the kind of error.

use std::time::Duration;

use agent_client_protocol::Error;
use baton_core::agent::ErrorClass;
use serde_json::Value;

use crate::http_status::is_temporary;

/// The deepest level of error data that is searched.
const DEPTH_LIMIT: usize = 4;

/// How many bytes of a text are searched.
const TEXT_LIMIT: usize = 8 * 1024;

/// The longest pause; a longer one is shortened to this.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// Fields with an HTTP status.
const STATUS_FIELDS: &[&str] = &[
    "status",
    "statusCode",
    "status_code",
    "httpStatusCode",
    "http_status",
    "code",
];

/// Fields with a name for the kind of error.
const KIND_FIELDS: &[&str] = &["errorKind", "type", "code", "codexErrorInfo", "status"];

/// Kinds of errors for which another try does not help.
const FINAL_KINDS: &[&str] = &[
    "authentication_error",
    "authentication_failed",
    "badRequest",
    "billing_error",
    "INVALID_ARGUMENT",
    "insufficient_quota",
    "invalid_request",
    "invalid_request_error",
    "not_found_error",
    "permission_error",
    "unauthorized",
];

/// Kinds of errors that pass with time.
const PASSING_KINDS: &[&str] = &[
    "RESOURCE_EXHAUSTED",
    "UNAVAILABLE",
    "api_error",
    "httpConnectionFailed",
    "internalServerError",
    "overloaded",
    "overloaded_error",
    "rate_limit",
    "rate_limit_error",
    "rate_limit_exceeded",
    "responseStreamConnectionFailed",
    "responseTooManyFailedAttempts",
    "serverOverloaded",
    "server_error",
    "usageLimitExceeded",
];

/// Fields with a pause in seconds, as a number or as `"34s"`; names that end in `Ms` mean milliseconds.
const PAUSE_FIELDS: &[&str] = &[
    "retryAfter",
    "retry_after",
    "retryAfterSeconds",
    "retry_after_seconds",
    "retryDelay",
    "retryAfterMs",
];

/// Words before a pause in a text.
const PAUSE_WORDS: &[&str] = &[
    "retry in ",
    "again in ",
    "retry after ",
    "retry-after: ",
    "retry-after\": ",
];

/// The class of an error, and the pause that it asks for.
pub(super) fn classify_error(error: &Error) -> (ErrorClass, Option<Duration>) {
    let mut facts = ErrorFacts::default();
    facts.record_code(i64::from(i32::from(error.code)));
    if let Some(data) = &error.data {
        facts.record_data(data, 0);
    }
    facts.record_text(&error.message);
    let class = match (facts.status, facts.is_final) {
        (_, true) => ErrorClass::Rejected,
        (Some(status), _) if is_temporary(status) => ErrorClass::Unavailable,
        // On the next try, an agent may leave out the part that was too large.
        (Some(413), _) => ErrorClass::Failed,
        (Some(_), _) => ErrorClass::Rejected,
        (None, _) if facts.passes => ErrorClass::Unavailable,
        (None, _) => ErrorClass::Failed,
    };
    let pause = facts.pause.filter(|_| class == ErrorClass::Unavailable);
    (class, pause.map(|pause| pause.min(LONGEST_PAUSE)))
}

/// The facts found in an error; the first of each kind counts.
#[derive(Debug, Default)]
struct ErrorFacts {
    /// The HTTP status, from 400 to 599.
    status: Option<u16>,
    is_final: bool,
    passes: bool,
    pause: Option<Duration>,
}

impl ErrorFacts {
    fn record_code(&mut self, code: i64) {
        let status = u16::try_from(code).ok();
        let status = status.filter(|status| (400..600).contains(status));
        self.status = self.status.or(status);
    }

    fn record_kind(&mut self, kind: &str) {
        self.is_final |= FINAL_KINDS.contains(&kind);
        self.passes |= PASSING_KINDS.contains(&kind);
    }

    fn record_data(&mut self, data: &Value, depth: usize) {
        if depth > DEPTH_LIMIT {
            return;
        }
        match data {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.record_field(name, value);
                    // Codex uses the kind as the name of the field.
                    self.record_kind(name);
                    self.record_data(value, depth + 1);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.record_data(item, depth + 1);
                }
            }
            Value::String(text) => self.record_text(text),
            _ => {}
        }
    }

    fn record_field(&mut self, name: &str, value: &Value) {
        let as_number = || value.as_i64().or_else(|| value.as_str()?.parse().ok());
        if STATUS_FIELDS.contains(&name)
            && let Some(code) = as_number()
        {
            self.record_code(code);
        }
        if KIND_FIELDS.contains(&name)
            && let Some(kind) = value.as_str()
        {
            self.record_kind(kind);
        }
        if PAUSE_FIELDS.contains(&name) && self.pause.is_none() {
            let unit = if name.ends_with("Ms") { "ms" } else { "s" };
            self.pause = match value {
                Value::String(text) => parse_pause(text, unit),
                Value::Number(number) => number
                    .as_f64()
                    .and_then(|number| duration_in_unit(number, unit)),
                _ => None,
            };
        }
    }

    fn record_text(&mut self, text: &str) {
        let mut end = text.len().min(TEXT_LIMIT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        // The text may contain the server's answer: `API Error: 429 {"type":"error", …}`.
        if let Some(json) = text.find('{').and_then(|at| first_json(&text[at..])) {
            self.record_data(&json, 0);
        }
        let lower = text.to_ascii_lowercase();
        if self.status.is_none() {
            self.status = find_status(&lower);
        }
        for words in PAUSE_WORDS {
            if self.pause.is_none()
                && let Some(at) = lower.find(words)
            {
                self.pause = parse_pause(&lower[at + words.len()..], "s");
            }
        }
    }
}

/// The JSON value at the beginning of a text.
fn first_json(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    values.next()?.ok()
}

/// The HTTP status in a lower-case text: `API Error: 400`, `status code 429`, `http 503`.
fn find_status(text: &str) -> Option<u16> {
    let mut before = "";
    for word in text.split(|letter: char| !letter.is_ascii_alphanumeric()) {
        if word.is_empty() {
            continue;
        }
        let announced = matches!(before, "error" | "status" | "code" | "http" | "statuscode");
        if announced
            && word.len() == 3
            && let Ok(status) = word.parse()
            && (400..600).contains(&status)
        {
            return Some(status);
        }
        before = word;
    }
    None
}

/// The pause at the beginning of a text: `34`, `34.07s`, `2 minutes`. Without a unit, `unit` applies.
fn parse_pause(text: &str, unit: &str) -> Option<Duration> {
    let text = text.trim_start_matches(['"', ' ']);
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, rest) = text.split_at(digits.unwrap_or(text.len()));
    let number: f64 = number.trim_end_matches('.').parse().ok()?;
    let written_unit = rest.trim_start();
    let letters = written_unit.find(|letter: char| !letter.is_ascii_alphabetic());
    let written_unit = &written_unit[..letters.unwrap_or(written_unit.len())];
    duration_in_unit(
        number,
        if written_unit.is_empty() {
            unit
        } else {
            written_unit
        },
    )
}

/// The duration of a number of units; `None` if the number is no duration.
fn duration_in_unit(number: f64, unit: &str) -> Option<Duration> {
    let scale = match unit {
        "ms" | "milliseconds" => 0.001,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        _ => 1.0,
    };
    Duration::try_from_secs_f64(number * scale).ok()
}
