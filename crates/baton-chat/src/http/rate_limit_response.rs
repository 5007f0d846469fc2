//! The pause after a rate limit: status 429 from the platform, or from a proxy in front of the platform.
//!
//! The body and the headers both name the pause, and either may be missing. The body has the seconds in its field
//! `retry_after`, or in `parameters.retry_after` as on Telegram. Of several pauses, the longest counts.

use std::time::Duration;

use baton_core::clock::Wall;
use jiff::fmt::rfc2822;
use reqwest::header::{DATE, HeaderMap, RETRY_AFTER};
use serde_json::Value;

/// The pause when the answer names none.
const USUAL: Duration = Duration::from_secs(1);

/// The longest pause. After it, one more request finds out whether the limit is over.
pub const LONGEST: Duration = Duration::from_hours(1);

/// The rate limit in an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RateLimitResponse {
    /// At most [`LONGEST`].
    pub after: Duration,
    /// Whether the limit applies to all requests.
    pub global: bool,
}

impl RateLimitResponse {
    /// Reads the headers and the body of an answer.
    pub fn from_answer(headers: &HeaderMap, body: &[u8], now: Wall) -> Self {
        let body = serde_json::from_slice(body).ok();
        let body = body.as_ref().and_then(Value::as_object);
        let parameters = body.and_then(|body| body.get("parameters")?.as_object());
        let places = [body, parameters].into_iter().flatten();
        let named = places.filter_map(|fields| parse_seconds(fields.get("retry_after")?));
        let named = named.chain(parse_retry_after(headers, now)).max();
        let after = named.unwrap_or(USUAL);
        if after > LONGEST {
            tracing::warn!(
                seconds = after.as_secs_f64(),
                "the platform asks for a pause longer than an hour; Baton tries again after an hour"
            );
        }
        Self {
            after: after.min(LONGEST),
            global: is_global(headers, body),
        }
    }
}

/// Whether the limit applies to all requests. An answer in another format comes from a proxy in front of
/// the platform, which blocks this address for every request.
fn is_global(headers: &HeaderMap, body: Option<&serde_json::Map<String, Value>>) -> bool {
    let text = |name| headers.get(name).and_then(|value| value.to_str().ok());
    let in_body = body.and_then(|body| body.get("global")?.as_bool());
    let is_named_global = in_body == Some(true)
        || text("x-ratelimit-global").is_some_and(|it| it.trim().eq_ignore_ascii_case("true"));
    match text("x-ratelimit-scope").map(str::trim) {
        _ if is_named_global => true,
        Some(scope) => scope.eq_ignore_ascii_case("global"),
        None => body.is_none(),
    }
}

/// Seconds, as a number or as text.
fn parse_seconds(value: &Value) -> Option<Duration> {
    match value {
        Value::Number(number) => to_duration(number.as_f64()?),
        Value::String(text) => to_duration(text.trim().parse().ok()?),
        _ => None,
    }
}

/// Too large a number becomes the longest duration; a negative number, or NaN, becomes `None`.
fn to_duration(seconds: f64) -> Option<Duration> {
    if seconds.is_nan() || seconds < 0.0 {
        return None;
    }
    Some(Duration::try_from_secs_f64(seconds).unwrap_or(Duration::MAX))
}

/// The header names seconds or a date.
fn parse_retry_after(headers: &HeaderMap, now: Wall) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(number) = text.parse() {
        return to_duration(number);
    }
    let then = parse_date(text)?;
    // The server's own clock decides, because the local clock may be wrong.
    let theirs = headers.get(DATE).and_then(|date| date.to_str().ok());
    let now = theirs.and_then(parse_date).unwrap_or(now.0);
    let millis = then.saturating_sub(now);
    Some(Duration::from_millis(u64::try_from(millis).unwrap_or(0)))
}

/// In milliseconds since 1970.
fn parse_date(text: &str) -> Option<i64> {
    let date = rfc2822::parse(text.trim()).ok()?;
    Some(date.timestamp().as_millisecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&'static str, &str)], body: &str) -> RateLimitResponse {
        let headers = headers.iter().map(|(name, value)| {
            let value = value.parse().unwrap();
            (reqwest::header::HeaderName::from_static(name), value)
        });
        RateLimitResponse::from_answer(&headers.collect(), body.as_bytes(), Wall(1_700_000_000_000))
    }

    fn after(headers: &[(&'static str, &str)], body: &str) -> f64 {
        of(headers, body).after.as_secs_f64()
    }

    #[test]
    fn s94_the_longer_of_body_and_header_counts() {
        for (header, body, seconds) in [
            ("60", "{}", 60.0),
            ("60", "", 60.0),
            ("60", "<html>", 60.0),
            ("60", r#"{"retry_after": 0}"#, 60.0),
            ("1", r#"{"retry_after": 1.5}"#, 1.5),
            ("1", r#"{"retry_after": "2.5"}"#, 2.5),
            ("1", r#"{"parameters": {"retry_after": 7}}"#, 7.0),
            ("9", r#"{"parameters": {"retry_after": 7}}"#, 9.0),
            (
                "1",
                r#"{"retry_after": 2, "parameters": {"retry_after": 7}}"#,
                7.0,
            ),
            (
                "1",
                r#"{"retry_after": 8, "parameters": {"retry_after": 7}}"#,
                8.0,
            ),
            (
                "1",
                r#"{"retry_after": null, "parameters": {"retry_after": 7}}"#,
                7.0,
            ),
            ("1.25", r#"{"retry_after": null}"#, 1.25),
            ("2", r#"{"retry_after": -5}"#, 2.0),
            ("2", r#"{"retry_after": NaN}"#, 2.0),
            ("2", "[]", 2.0),
            ("-3", r#"{"retry_after": 0.5}"#, 0.5),
            ("nan", r#"{"retry_after": 0.5}"#, 0.5),
            ("soon", "{}", 1.0),
            ("0", "{}", 0.0),
            // A minute after the local clock, in both date formats.
            ("Tue, 14 Nov 2023 22:14:20 GMT", "{}", 60.0),
            ("Tue, 14 Nov 2023 22:14:20 +0000", "{}", 60.0),
            ("Tue, 14 Nov 2023 22:10:00 GMT", "{}", 0.0),
        ] {
            let found = after(&[("retry-after", header)], body);
            assert!(
                (found - seconds).abs() < 1e-9,
                "{header} and {body}: {found}"
            );
        }
        assert_eq!(of(&[], "").after, USUAL);
    }

    #[test]
    fn s94_a_date_is_of_the_clock_of_whoever_wrote_it() {
        let of_an_hour_ago = [
            ("date", "Tue, 14 Nov 2023 21:00:00 GMT"),
            ("retry-after", "Tue, 14 Nov 2023 21:00:30 GMT"),
        ];
        assert_eq!(of(&of_an_hour_ago, "").after, Duration::from_secs(30));
    }

    #[test]
    fn s94_no_wait_is_longer_than_an_hour() {
        for header in ["1e300", "inf", "999999999", "Wed, 01 Dec 9999 00:00:00 GMT"] {
            assert_eq!(
                of(&[("retry-after", header)], "").after,
                LONGEST,
                "{header}"
            );
        }
    }

    #[test]
    fn s94_who_is_meant_is_said_by_body_or_headers() {
        let is_global = |headers: &[_], body: &str| of(headers, body).global;
        assert!(is_global(&[], r#"{"global": true}"#));
        assert!(is_global(&[("x-ratelimit-global", "true")], "{}"));
        assert!(is_global(&[("x-ratelimit-scope", "global")], ""));
        assert!(is_global(&[], "<html>"), "from a proxy");
        assert!(!is_global(&[], r#"{"global": false}"#));
        assert!(!is_global(&[("x-ratelimit-scope", "shared")], ""));
        assert!(!is_global(&[("x-ratelimit-scope", "user")], "<html>"));
    }
}
