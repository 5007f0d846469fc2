//! What the error of an agent means for further tries. The protocol has no word for that; agents pass on what
//! their model's server answered, each in its own way: an HTTP status as the code, in a field or in the
//! text, or a word for the kind of error.

use std::time::Duration;

use agent_client_protocol::Error;
use baton_core::agent::ErrorClass;
use serde_json::Value;

use crate::http_status::passes;

/// How deep the data of an error is looked into.
const DEPTH: usize = 4;

/// How much of a text is looked into, in bytes.
const TEXT_LIMIT: usize = 8 * 1024;

/// The longest pause that is believed.
const LONGEST_PAUSE: Duration = Duration::from_hours(24);

/// Fields that hold an HTTP status.
const STATUS_FIELDS: &[&str] = &[
    "status",
    "statusCode",
    "status_code",
    "httpStatusCode",
    "http_status",
    "code",
];

/// Fields that hold a word for the kind of error.
const KIND_FIELDS: &[&str] = &["errorKind", "type", "code", "codexErrorInfo", "status"];

/// Kinds that no further try makes better.
const FINAL: &[&str] = &[
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

/// Kinds that pass.
const PASSING: &[&str] = &[
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

/// Fields that hold a pause in seconds, as a number or as `"34s"`; those that end in `Ms` in milliseconds.
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

/// Whether there are further tries, and the pause before the next one that was asked for.
pub(super) fn classify(error: &Error) -> (ErrorClass, Option<Duration>) {
    let mut found = Found::default();
    found.code(i64::from(i32::from(error.code)));
    if let Some(data) = &error.data {
        found.data(data, 0);
    }
    found.text(&error.message);
    let class = match (found.status, found.is_final) {
        (_, true) => ErrorClass::Rejected,
        (Some(status), _) if passes(status) => ErrorClass::Unavailable,
        // In its next try an agent may leave out what was too large.
        (Some(413), _) => ErrorClass::Failed,
        (Some(_), _) => ErrorClass::Rejected,
        (None, _) if found.passes => ErrorClass::Unavailable,
        (None, _) => ErrorClass::Failed,
    };
    let pause = found.pause.filter(|_| class == ErrorClass::Unavailable);
    (class, pause.map(|pause| pause.min(LONGEST_PAUSE)))
}

/// What was found of an error; the first of each counts.
#[derive(Debug, Default)]
struct Found {
    /// The HTTP status, from 400 to 599.
    status: Option<u16>,
    is_final: bool,
    passes: bool,
    pause: Option<Duration>,
}

impl Found {
    fn code(&mut self, code: i64) {
        let status = u16::try_from(code).ok();
        let status = status.filter(|status| (400..600).contains(status));
        self.status = self.status.or(status);
    }

    fn kind(&mut self, kind: &str) {
        self.is_final |= FINAL.contains(&kind);
        self.passes |= PASSING.contains(&kind);
    }

    fn data(&mut self, data: &Value, depth: usize) {
        if depth > DEPTH {
            return;
        }
        match data {
            Value::Object(fields) => {
                for (name, value) in fields {
                    self.field(name, value);
                    // Codex names the kind by the field.
                    self.kind(name);
                    self.data(value, depth + 1);
                }
            }
            Value::Array(items) => {
                for item in items {
                    self.data(item, depth + 1);
                }
            }
            Value::String(text) => self.text(text),
            _ => {}
        }
    }

    fn field(&mut self, name: &str, value: &Value) {
        let as_number = || value.as_i64().or_else(|| value.as_str()?.parse().ok());
        if STATUS_FIELDS.contains(&name)
            && let Some(code) = as_number()
        {
            self.code(code);
        }
        if KIND_FIELDS.contains(&name)
            && let Some(kind) = value.as_str()
        {
            self.kind(kind);
        }
        if PAUSE_FIELDS.contains(&name) && self.pause.is_none() {
            let unit = if name.ends_with("Ms") { "ms" } else { "s" };
            self.pause = match value {
                Value::String(text) => pause(text, unit),
                Value::Number(number) => number.as_f64().and_then(|number| in_unit(number, unit)),
                _ => None,
            };
        }
    }

    fn text(&mut self, text: &str) {
        let mut end = text.len().min(TEXT_LIMIT);
        while !text.is_char_boundary(end) {
            end -= 1;
        }
        let text = &text[..end];
        // A server's own answer within the text: `API Error: 429 {"type":"error", …}`.
        if let Some(json) = text.find('{').and_then(|at| first_json(&text[at..])) {
            self.data(&json, 0);
        }
        let lower = text.to_ascii_lowercase();
        if self.status.is_none() {
            self.status = status_in(&lower);
        }
        for words in PAUSE_WORDS {
            if self.pause.is_none()
                && let Some(at) = lower.find(words)
            {
                self.pause = pause(&lower[at + words.len()..], "s");
            }
        }
    }
}

/// The first JSON value that a text begins with.
fn first_json(text: &str) -> Option<Value> {
    let mut values = serde_json::Deserializer::from_str(text).into_iter();
    values.next()?.ok()
}

/// An HTTP status in a text in small letters: `API Error: 400`, `status code 429`, `http 503`.
fn status_in(text: &str) -> Option<u16> {
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

/// A pause that a text begins with: `34`, `34.07s`, `2 minutes`. Without a unit it is in `unit`.
fn pause(text: &str, unit: &str) -> Option<Duration> {
    let text = text.trim_start_matches(['"', ' ']);
    let digits = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.');
    let (number, rest) = text.split_at(digits.unwrap_or(text.len()));
    let number: f64 = number.trim_end_matches('.').parse().ok()?;
    let said = rest.trim_start();
    let letters = said.find(|letter: char| !letter.is_ascii_alphabetic());
    let said = &said[..letters.unwrap_or(said.len())];
    in_unit(number, if said.is_empty() { unit } else { said })
}

/// So many units as a pause; `None` where that is no pause.
fn in_unit(number: f64, unit: &str) -> Option<Duration> {
    let scale = match unit {
        "ms" | "milliseconds" => 0.001,
        "m" | "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        _ => 1.0,
    };
    Duration::try_from_secs_f64(number * scale).ok()
}
