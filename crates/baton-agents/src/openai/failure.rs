//! Why a model brought no reply. People never see the server's address, nor what it says itself; the log
//! and operators do.

use std::error::Error;
use std::io;
use std::time::Duration;

use baton_core::agent::{AgentError, PublicText};
use reqwest::header::RETRY_AFTER;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use super::OpenAiSettings;
use super::events::Broken;
use super::request::server;
use crate::text;

/// No connection, or none that lasted until an answer.
pub(super) fn unreachable(settings: &OpenAiSettings, error: reqwest::Error) -> AgentError {
    let error = error.without_url();
    tracing::warn!(
        server = server(&settings.base_url),
        error = root(&error).to_string(),
        "a model server cannot be reached"
    );
    let words = if error.is_timeout() {
        "the model server cannot be reached (no connection in time)"
    } else {
        match io_kind(&error) {
            Some(io::ErrorKind::ConnectionRefused) => {
                "the model server cannot be reached (connection refused; is it running?)"
            }
            Some(io::ErrorKind::ConnectionReset | io::ErrorKind::UnexpectedEof) => {
                "the model server cannot be reached (it hung up)"
            }
            _ if error.is_connect() => "the model server cannot be reached (no connection)",
            _ => "the model server cannot be reached (it hung up)",
        }
    };
    AgentError::unavailable(words).with_detail(root(&error))
}

/// A connection, and then nothing.
pub(super) fn no_answer(limit: Duration) -> AgentError {
    let words = "the model server did not answer within {} s";
    AgentError::unavailable(PublicText::of(words, &[&limit.as_secs_f32()]))
}

/// Whether a request can have been refused for its images. One that is broken is refused as a whole, and so
/// are all by a model that sees none; some local servers fail at both.
pub(super) fn may_be_for_images(status: StatusCode) -> bool {
    matches!(
        status,
        StatusCode::BAD_REQUEST
            | StatusCode::NOT_FOUND
            | StatusCode::PAYLOAD_TOO_LARGE
            | StatusCode::UNSUPPORTED_MEDIA_TYPE
            | StatusCode::UNPROCESSABLE_ENTITY
            | StatusCode::INTERNAL_SERVER_ERROR
            | StatusCode::NOT_IMPLEMENTED
    )
}

/// An answer that is none.
pub(super) fn status(
    settings: &OpenAiSettings,
    status: StatusCode,
    wait: Option<Duration>,
    body: &[u8],
) -> AgentError {
    let said = message(settings, body);
    let number = status.as_u16();
    let code = match status.canonical_reason() {
        Some(words) => PublicText::of("{} {}", &[&number, &PublicText::from(words)]),
        None => PublicText::of("{}", &[&number]),
    };
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        // Providers repeat parts of the key in what they say of it.
        let words =
            "the model server refused the request ({}): the agent's api_key is missing or wrong";
        return AgentError::rejected(PublicText::of(words, &[&code]));
    }
    if status.is_redirection() {
        let words = "the model server points elsewhere ({}); correct the agent's base_url";
        return AgentError::rejected(PublicText::of(words, &[&code])).with_detail(said);
    }
    let passes = status.is_server_error()
        || matches!(
            status,
            StatusCode::REQUEST_TIMEOUT | StatusCode::TOO_EARLY | StatusCode::TOO_MANY_REQUESTS
        );
    if !passes {
        let words = "the model server refused the request ({})";
        return AgentError::rejected(PublicText::of(words, &[&code])).with_detail(said);
    }
    let words = "the model server cannot answer now ({})";
    let error = AgentError::unavailable(PublicText::of(words, &[&code])).with_detail(said);
    match wait {
        Some(wait) => error.with_retry_after(wait),
        None => error,
    }
}

/// The answer began and did not come to its end.
pub(super) fn broken(broken: &Broken) -> AgentError {
    let reason = PublicText::of("the model server's answer broke off: {}", &[broken]);
    AgentError::failed(reason).with_detail(root(broken))
}

/// The server says, within its answer, that it failed.
pub(super) fn reported(settings: &OpenAiSettings, error: &Value) -> AgentError {
    let said = said(error).unwrap_or_default();
    AgentError::failed("the model server failed")
        .with_detail(text::beginning(said, &settings.api_key))
}

/// The address belongs to something else.
pub(super) fn not_the_api() -> AgentError {
    AgentError::rejected(
        "what answers at the agent's base_url is a web page, not a model server; most addresses end \
         in /v1",
    )
}

/// A reply without end.
pub(super) fn too_much(limit: usize) -> AgentError {
    let words = "the model wrote more than {} bytes and was stopped";
    AgentError::failed(PublicText::of(words, &[&limit]))
}

/// How long the server asks us to wait, where it says so in seconds.
pub(super) fn retry_after(response: &Response) -> Option<Duration> {
    let value = response.headers().get(RETRY_AFTER)?.to_str().ok()?;
    value.trim().parse().ok().map(Duration::from_secs)
}

pub(super) fn message(settings: &OpenAiSettings, body: &[u8]) -> String {
    let text = String::from_utf8_lossy(body);
    let json: Option<Value> = serde_json::from_str(&text).ok();
    let said = match &json {
        Some(json) => said(json).unwrap_or_default(),
        // A page of a proxy says nothing that people want to read.
        None if text.trim_start().starts_with('<') => "",
        None => &text,
    };
    text::beginning(said, &settings.api_key)
}

/// The text within an error, in any of the forms that servers give it.
fn said(error: &Value) -> Option<&str> {
    match error {
        Value::String(text) => Some(text),
        Value::Object(fields) => ["error", "message", "detail"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .find_map(said),
        Value::Array(errors) => errors.iter().find_map(said),
        _ => None,
    }
}

/// The innermost cause: the others only say that there is one.
fn root<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    causes(error).last().unwrap_or(error)
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    causes(error)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .last()
}
