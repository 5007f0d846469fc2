//! The pause that a server asks for before the next request.

use std::time::{Duration, SystemTime};

use baton_core::clock::{Wall, millis};
use reqwest::header::{HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// A header in milliseconds, which `OpenAI` and Azure send beside `Retry-After`.
const RETRY_AFTER_MS: &str = "retry-after-ms";

/// The pause in the headers; `None` without a readable one.
pub(super) fn asked_for(headers: &HeaderMap, now: Wall) -> Option<Duration> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let millis = value(RETRY_AFTER_MS).and_then(|value| seconds(value, 1_000.0));
    millis.or_else(|| {
        let value = value(RETRY_AFTER.as_str())?;
        seconds(value, 1.0).or_else(|| until(value, now))
    })
}

/// Parses a number with this many units in a second.
fn seconds(value: &str, in_a_second: f64) -> Option<Duration> {
    let seconds: f64 = value.parse().ok()?;
    Duration::try_from_secs_f64(seconds / in_a_second).ok()
}

/// The time until a date; zero for a past date.
fn until(value: &str, now: Wall) -> Option<Duration> {
    let at = httpdate::parse_http_date(value).ok()?;
    let since_1970 = at.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let pause = millis(since_1970).saturating_sub(now.0);
    Some(Duration::from_millis(pause.try_into().unwrap_or_default()))
}

/// The pause in the body of an error: `"retryDelay": "34s"` from Gemini, `"retry_after": 34` from others.
pub(super) fn asked_for_in(body: &str) -> Option<Duration> {
    find(&serde_json::from_str(body).ok()?)
}

fn find(value: &Value) -> Option<Duration> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| match name.as_str() {
            "retryDelay" | "retry_after" => match value {
                Value::String(text) => seconds(text.trim_end_matches('s'), 1.0),
                value => seconds(&value.to_string(), 1.0),
            },
            _ => find(value),
        }),
        Value::Array(values) => values.iter().find_map(find),
        _ => None,
    }
}
