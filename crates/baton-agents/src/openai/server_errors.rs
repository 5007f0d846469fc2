//! The reasons for a missing reply. The server's address and its own words are only for the log and
//! operators.

use std::error::Error;
use std::io;
use std::time::Duration;

use baton_core::agent::{AgentError, PublicText};
use reqwest::StatusCode;
use serde_json::Value;

use super::completion_request::server_name;
use super::openai_settings::OpenAiSettings;
use super::retry_after;
use super::server_sent_events::BrokenAnswer;
use crate::http_status::is_temporary;
use crate::safe_text;

/// Why an answer contains no reply.
#[derive(Debug)]
pub(super) enum AnswerFailure {
    /// The server reported a failure within its answer.
    Reported(ReportedError),
    /// Any other failure.
    Other(AgentError),
}

/// A failure as reported by a server.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct ReportedError {
    /// The words of the server; empty without an explanation.
    pub(super) message: String,
    /// The HTTP status that fits the failure.
    pub(super) status: Option<StatusCode>,
    /// The whole content of the report, like the body of an HTTP error.
    pub(super) raw: String,
}

impl From<AgentError> for AnswerFailure {
    fn from(error: AgentError) -> Self {
        Self::Other(error)
    }
}

/// The server cannot be reached, or closed the connection before an answer.
pub(super) fn unreachable_server(settings: &OpenAiSettings, error: reqwest::Error) -> AgentError {
    let error = error.without_url();
    tracing::warn!(
        server = server_name(&settings.base_url),
        error = root_cause(&error).to_string(),
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
                "the model server cannot be reached (the connection was closed)"
            }
            _ if error.is_connect() => "the model server cannot be reached (no connection)",
            _ => "the model server cannot be reached (the connection was closed)",
        }
    };
    AgentError::unavailable(words).with_detail(root_cause(&error))
}

/// The server accepted the connection, and did not answer in time.
pub(super) fn no_answer(limit: Duration) -> AgentError {
    let words = "the model server did not answer within {} s";
    AgentError::unavailable(PublicText::of(words, &[&limit.as_secs_f32()]))
}

/// Whether images may be the reason for a refusal. Servers refuse broken images, and models without vision
/// refuse all images. Some local servers report both as a failure of their own.
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

/// The error for an HTTP error status, with the pause demanded by the server.
pub(super) fn from_status(
    settings: &OpenAiSettings,
    status: StatusCode,
    pause: Option<Duration>,
    body: &str,
) -> AgentError {
    let message = error_message(settings, body);
    let number = status.as_u16();
    let code = match status.canonical_reason() {
        Some(words) => PublicText::of("{} {}", &[&number, &PublicText::from(words)]),
        None => PublicText::of("{}", &[&number]),
    };
    let rejected = |words| AgentError::rejected(PublicText::of(words, &[&code]));
    if matches!(status, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN) {
        // Providers repeat parts of the key in their error text.
        return rejected(
            "the model server refused the request ({}): the agent's api_key is missing or wrong",
        );
    }
    if status.is_redirection() {
        let words =
            "the model server redirects to another address ({}); correct the agent's base_url";
        return rejected(words).with_detail(message);
    }
    let is_used_up = status == StatusCode::PAYMENT_REQUIRED || is_used_up(body);
    if is_used_up && pause.is_none() {
        let words = "the model server has no quota left for the agent ({})";
        return rejected(words).with_detail(message);
    }
    if !is_temporary(number) {
        return rejected("the model server refused the request ({})").with_detail(message);
    }
    let words = "the model server cannot answer now ({})";
    let error = AgentError::unavailable(PublicText::of(words, &[&code])).with_detail(message);
    match pause {
        Some(pause) => error.with_retry_after(pause),
        None => error,
    }
}

/// Whether the quota or the credit is used up, so a pause does not help.
fn is_used_up(body: &str) -> bool {
    const CODES: [&str; 6] = [
        "insufficient_quota",
        "insufficient_credits",
        "insufficient_balance",
        "billing_hard_limit_reached",
        "billing_not_active",
        "credit balance is too low",
    ];
    CODES.iter().any(|code| body.contains(code))
}

/// The HTTP status for the name of an error.
pub(super) fn status_of(name: &str) -> Option<StatusCode> {
    Some(match name {
        "invalid_request_error" | "context_length_exceeded" => StatusCode::BAD_REQUEST,
        "invalid_api_key" | "authentication_error" => StatusCode::UNAUTHORIZED,
        "permission_error" => StatusCode::FORBIDDEN,
        "model_not_found" | "not_found_error" => StatusCode::NOT_FOUND,
        "rate_limit_exceeded" | "rate_limit_error" => StatusCode::TOO_MANY_REQUESTS,
        "overloaded_error" => StatusCode::SERVICE_UNAVAILABLE,
        _ => return None,
    })
}

/// The error of an answer without its end.
pub(super) fn broken_answer(broken: &BrokenAnswer) -> AgentError {
    let reason = PublicText::of("the model server's answer broke off: {}", &[broken]);
    AgentError::failed(reason).with_detail(root_cause(broken))
}

/// The error for a `finish_reason` of a failure.
pub(super) fn ended_in(reason: &str) -> AgentError {
    AgentError::failed("the model server failed")
        .with_detail(format!("the answer ended in {reason:?}"))
}

/// The error for a failure reported within an answer, like the HTTP error of the same meaning. A server that
/// fails in the middle of an answer may always do so. So this failure allows as few tries as a broken answer.
pub(super) fn from_report(
    settings: &OpenAiSettings,
    reported: &ReportedError,
    has_begun: bool,
) -> AgentError {
    let pause = retry_after::pause_in_body(&reported.raw);
    let in_the_middle = |code: &StatusCode| {
        has_begun && code.is_server_error() && *code != StatusCode::SERVICE_UNAVAILABLE
    };
    if let Some(code) = reported.status.filter(|code| !in_the_middle(code)) {
        return from_status(settings, code, pause, &reported.raw);
    }
    let message = safe_text::safe_beginning(&reported.message, &settings.api_key);
    if is_used_up(&reported.raw) && pause.is_none() {
        return AgentError::rejected("the model server has no quota left for the agent")
            .with_detail(message);
    }
    let error = AgentError::failed("the model server failed").with_detail(message);
    match pause {
        Some(pause) => error.with_retry_after(pause),
        None => error,
    }
}

/// The error for a message that alone exceeds the model's context.
pub(super) fn message_too_long() -> AgentError {
    AgentError::rejected(
        "the message is too long for the model, even without the earlier messages; shorten or split the message",
    )
}

/// The error for an address of a web page.
pub(super) fn not_the_api() -> AgentError {
    AgentError::rejected(
        "the agent's base_url leads to a web page, not to a model server; most addresses end \
         in /v1",
    )
}

/// The error for a reply above the limit.
pub(super) fn reply_too_long(limit: usize) -> AgentError {
    let words = "the model wrote more than {} bytes and was stopped";
    AgentError::failed(PublicText::of(words, &[&limit]))
}

/// The text of an error's body, cleaned for the log.
fn error_message(settings: &OpenAiSettings, body: &str) -> String {
    // An HTML page from a proxy helps nobody.
    let is_page = body.trim_start().starts_with('<');
    let message = message_in(body).filter(|_| !is_page).unwrap_or_default();
    safe_text::safe_beginning(&message, &settings.api_key)
}

/// The text of an error, in any format of a server; empty without an explanation. `None` if the value is no
/// error.
pub(crate) fn message_in(error: &str) -> Option<String> {
    match serde_json::from_str(error) {
        Ok(error) if is_no_error(&error) => None,
        Ok(error) => Some(find_message(&error).unwrap_or_default().to_owned()),
        Err(_) => Some(error.trim().to_owned()),
    }
}

fn find_message(error: &Value) -> Option<&str> {
    match error {
        Value::String(text) => Some(text.as_str()).filter(|text| !text.is_empty()),
        Value::Object(fields) => ["error", "message", "detail", "msg"]
            .iter()
            .filter_map(|name| fields.get(*name))
            .find_map(find_message),
        Value::Array(errors) => errors.iter().find_map(find_message),
        _ => None,
    }
}

/// Whether the value means "no error".
fn is_no_error(value: &Value) -> bool {
    match value {
        Value::Null | Value::Bool(false) => true,
        Value::Bool(true) => false,
        Value::Number(number) => number.as_f64() == Some(0.0),
        Value::String(text) => text.trim().is_empty(),
        Value::Array(values) => values.iter().all(is_no_error),
        Value::Object(fields) => fields.values().all(is_no_error),
    }
}

/// The innermost cause. Outer errors have no details.
fn root_cause<'a>(error: &'a (dyn Error + 'static)) -> &'a (dyn Error + 'static) {
    error_causes(error).last().unwrap_or(error)
}

fn error_causes<'a>(
    error: &'a (dyn Error + 'static),
) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

fn io_kind(error: &reqwest::Error) -> Option<io::ErrorKind> {
    error_causes(error)
        .filter_map(|error| error.downcast_ref::<io::Error>())
        .map(io::Error::kind)
        .last()
}
