//! The pause that a server demands before the next request.

use std::time::Duration;

use baton_core::clock::Wall;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// A header in milliseconds; `OpenAI` and Azure send it with `Retry-After`.
const RETRY_AFTER_MS: &str = "retry-after-ms";

/// The pause in the headers; `None` without a readable one.
pub(super) fn pause_in_headers(headers: &HeaderMap, now: Wall) -> Option<Duration> {
    let value = |name: &str| headers.get(name)?.to_str().ok().map(str::trim);
    let millis = value(RETRY_AFTER_MS).and_then(|value| parse_seconds(value, 1_000.0));
    millis.or_else(|| {
        let after = value(RETRY_AFTER.as_str())?;
        // The server's own clock decides, because the local clock may be wrong.
        let now = || value(DATE.as_str()).and_then(parse_date).unwrap_or(now);
        parse_seconds(after, 1.0).or_else(|| pause_until(after, now()))
    })
}

/// Parses a number with this many units in a second.
fn parse_seconds(value: &str, in_a_second: f64) -> Option<Duration> {
    let seconds: f64 = value.parse().ok()?;
    Duration::try_from_secs_f64(seconds / in_a_second).ok()
}

/// The time until a date; zero for a past date.
fn pause_until(value: &str, now: Wall) -> Option<Duration> {
    let pause = parse_date(value)?.0.saturating_sub(now.0);
    Some(Duration::from_millis(pause.try_into().unwrap_or_default()))
}

/// A date as HTTP writes it.
fn parse_date(value: &str) -> Option<Wall> {
    let date = rfc2822::parse(value).ok()?;
    Some(Wall(date.timestamp().as_millisecond()))
}

/// The pause in the body of an error: `"retryDelay": "34s"` from Gemini, `"retry_after": 34` from others.
pub(super) fn pause_in_body(body: &str) -> Option<Duration> {
    find_pause(&serde_json::from_str(body).ok()?)
}

fn find_pause(value: &Value) -> Option<Duration> {
    match value {
        Value::Object(fields) => fields.iter().find_map(|(name, value)| match name.as_str() {
            "retryDelay" | "retry_after" => match value {
                Value::String(text) => parse_seconds(text.trim_end_matches('s'), 1.0),
                value => parse_seconds(&value.to_string(), 1.0),
            },
            _ => find_pause(value),
        }),
        Value::Array(values) => values.iter().find_map(find_pause),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn s103_a_date_is_of_the_clock_of_whoever_wrote_it() {
        // 2025-06-15 15:06:40.
        let here = Wall(1_750_000_000_000);
        let after = |headers: &[(&'static str, &'static str)]| {
            let headers = headers.iter().map(|(name, value)| {
                let name = reqwest::header::HeaderName::from_static(name);
                (name, value.parse().unwrap())
            });
            pause_in_headers(&headers.collect(), here).map(|pause| pause.as_secs())
        };
        let soon = ("retry-after", "Sun, 15 Jun 2025 15:07:10 GMT");
        let past = ("retry-after", "Sun, 15 Jun 2025 15:06:10 GMT");
        assert_eq!(after(&[soon]), Some(30));
        assert_eq!(after(&[past]), Some(0));
        // The local clock is an hour slow, or fast.
        let theirs = ("date", "Sun, 15 Jun 2025 16:06:40 GMT");
        let later = ("retry-after", "Sun, 15 Jun 2025 16:07:10 GMT");
        assert_eq!(after(&[theirs, later]), Some(30));
        let theirs = ("date", "Sun, 15 Jun 2025 14:06:40 GMT");
        let earlier = ("retry-after", "Sun, 15 Jun 2025 14:07:10 GMT");
        assert_eq!(after(&[theirs, earlier]), Some(30));
        assert_eq!(after(&[("date", "noon"), soon]), Some(30));
        assert_eq!(after(&[theirs, ("retry-after", "8")]), Some(8));
    }
}
