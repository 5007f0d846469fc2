//! Errors of requests to Discord.

use std::time::Duration;

use baton_chat::connector::{ConnectorError, Refusal, RequestFailure};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

/// The maximum length of Discord's message in an error, in characters.
const REASON: usize = 200;

/// Discord's error codes, <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>.
pub(in crate::discord) mod code {
    /// The channel does not exist; a thread may be created later.
    pub(in crate::discord) const UNKNOWN_CHANNEL: u64 = 10_003;
    /// The message does not exist, or was deleted.
    pub(in crate::discord) const UNKNOWN_MESSAGE: u64 = 10_008;
    /// The webhook does not exist; the one of an interaction may exist a moment later.
    pub(in crate::discord) const UNKNOWN_WEBHOOK: u64 = 10_015;
    /// The whole request is too large.
    pub(in crate::discord) const TOO_LARGE: u64 = 40_005;
    /// The interaction has a first answer already.
    pub(in crate::discord) const ACKNOWLEDGED: u64 = 40_060;
    /// Cloudflare blocks this address for a while.
    pub(in crate::discord) const SHUT_OUT: u64 = 40_333;
    /// The bot has no access to the channel or server.
    pub(in crate::discord) const MISSING_ACCESS: u64 = 50_001;
    /// The person accepts no direct messages from the bot.
    pub(in crate::discord) const NO_DIRECT_MESSAGES: u64 = 50_007;
    /// The bot has access, but lacks a permission.
    pub(in crate::discord) const MISSING_PERMISSIONS: u64 = 50_013;
    /// The thread is archived.
    pub(in crate::discord) const ARCHIVED: u64 = 50_083;
    /// The bot may not read the message to reply to.
    pub(in crate::discord) const MAY_NOT_QUOTE: u64 = 160_002;
    /// The message has a thread already.
    pub(in crate::discord) const HAS_THREAD: u64 = 160_004;
    /// The thread is locked.
    pub(in crate::discord) const LOCKED: u64 = 160_005;
}

/// The reason why a request failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::discord) enum RestError {
    /// A rate limit.
    #[error("Discord asks for a pause of {} s", after.as_secs_f64())]
    RateLimited { after: Duration },
    /// The request did not reach Discord.
    #[error("Discord cannot be reached: {reason}")]
    Unreachable { reason: String },
    /// The request may have reached Discord, but no answer tells the outcome.
    #[error("Discord gave no answer: {reason}")]
    Unknown { reason: String },
    /// Discord did the request, but the answer is unreadable. Another try would give the same answer.
    #[error("Discord's answer is unreadable: {reason}")]
    UnreadableAnswer { reason: String },
    /// Discord refused the request.
    #[error("Discord refused the request: {message} (status {status}, code {code})")]
    Refused {
        status: u16,
        /// Discord's error code; 0 if the answer has none.
        code: u64,
        message: String,
        /// The paths of the wrong fields of the request, such as `0.name_localizations.he`.
        fields: Vec<String>,
    },
}

impl RestError {
    /// Discord's error code, if Discord refused the request.
    pub(in crate::discord) fn code(&self) -> Option<u64> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            _ => None,
        }
    }

    /// The pause that Discord asks for.
    pub(in crate::discord) fn requested_pause(&self) -> Option<Duration> {
        match self {
            Self::RateLimited { after } => Some(*after),
            _ => None,
        }
    }
}

impl From<RestError> for ConnectorError {
    fn from(error: RestError) -> Self {
        let (failure, hint) = match &error {
            RestError::RateLimited { after } => {
                let after = Some(*after);
                (RequestFailure::NotTaken { after }, None)
            }
            RestError::Unreachable { .. } => (RequestFailure::NotTaken { after: None }, None),
            RestError::Unknown { .. } => (RequestFailure::Unknown, None),
            RestError::UnreadableAnswer { .. } => (RequestFailure::UnreadableAnswer, None),
            RestError::Refused { status, code, .. } => {
                let refusal = refusal_of(*status, *code);
                (
                    RequestFailure::Refused(refusal),
                    operator_hint(*status, *code),
                )
            }
        };
        Self {
            failure,
            message: error.to_string(),
            hint,
        }
    }
}

/// The reason of a refusal, for the chat layer.
fn refusal_of(status: u16, why: u64) -> Refusal {
    match why {
        _ if status == 401 => Refusal::Credentials,
        code::UNKNOWN_CHANNEL => Refusal::NoSuchChat,
        code::UNKNOWN_MESSAGE | code::UNKNOWN_WEBHOOK => Refusal::NoSuchMessage,
        code::ACKNOWLEDGED => Refusal::AlreadyAnswered,
        code::ARCHIVED => Refusal::ThreadClosed,
        code::MAY_NOT_QUOTE => Refusal::CannotQuote,
        code::TOO_LARGE => Refusal::TooLarge,
        _ if status == 413 => Refusal::TooLarge,
        _ => Refusal::Other,
    }
}

/// Advice for the operator.
fn operator_hint(status: u16, why: u64) -> Option<&'static str> {
    Some(match why {
        code::UNKNOWN_CHANNEL => "the channel or thread was deleted",
        code::UNKNOWN_MESSAGE => "the message was deleted",
        code::MISSING_ACCESS => {
            "the bot is not in the server any more, or may not see the channel: invite the bot \
             again, or give its role View Channel"
        }
        code::MISSING_PERMISSIONS => {
            "the bot's role lacks a permission in the channel: Send Messages, in threads Send Messages \
             in Threads, for files Attach Files, for new threads Create Public Threads, for locked \
             threads Manage Threads"
        }
        code::ARCHIVED | code::LOCKED => {
            "the thread is locked: unlock it, or give the bot's role Manage Threads"
        }
        code::MAY_NOT_QUOTE => {
            "the bot's role needs Read Message History in the channel, to quote messages"
        }
        code::NO_DIRECT_MESSAGES => "this person accepts no direct messages from the bot",
        _ if status == 401 => "the token is wrong: make a new token on the page of the application",
        _ => return None,
    })
}

/// The body of a refusal.
#[derive(Debug, Default, Deserialize)]
struct RefusalBody {
    #[serde(default)]
    code: u64,
    #[serde(default)]
    message: String,
    /// The errors by field, nested; the errors of one field are under [`WRONG`].
    #[serde(default)]
    errors: Value,
}

/// The key under which Discord lists the errors of a field.
const WRONG: &str = "_errors";

/// The most fields to report.
const FIELDS: usize = 100;

/// The paths of all fields with errors.
fn wrong_fields(errors: &Value, path: &str, wrong: &mut Vec<String>) {
    for (name, inner) in errors.as_object().into_iter().flatten() {
        if wrong.len() >= FIELDS {
            return;
        }
        if name == WRONG {
            wrong.push(path.to_owned());
        } else if path.is_empty() {
            wrong_fields(inner, name, wrong);
        } else {
            wrong_fields(inner, &format!("{path}.{name}"), wrong);
        }
    }
}

/// The error of a failed request. Cloudflare in front of Discord can block addresses for a while. Its answer
/// has another format, or a code of its own.
pub(super) fn response_error(status: StatusCode, bytes: &[u8]) -> RestError {
    let refusal: Option<RefusalBody> = serde_json::from_slice(bytes).ok();
    let is_shut_out = refusal.as_ref().map_or(
        matches!(status, StatusCode::FORBIDDEN | StatusCode::REQUEST_TIMEOUT),
        |refusal| refusal.code == code::SHUT_OUT,
    );
    if !is_shut_out {
        return refusal_error(status, bytes);
    }
    RestError::Unknown {
        reason: format!(
            "the answer with status {} is not from Discord",
            status.as_u16()
        ),
    }
}

pub(super) fn refusal_error(status: StatusCode, bytes: &[u8]) -> RestError {
    if status.is_server_error() {
        return RestError::Unknown {
            reason: format!("the status is {}", status.as_u16()),
        };
    }
    let refusal: RefusalBody = serde_json::from_slice(bytes).unwrap_or_default();
    let message = if refusal.message.is_empty() {
        status.canonical_reason().unwrap_or("no reason").to_owned()
    } else {
        refusal.message.chars().take(REASON).collect()
    };
    let mut fields = Vec::new();
    wrong_fields(&refusal.errors, "", &mut fields);
    RestError::Refused {
        status: status.as_u16(),
        code: refusal.code,
        message,
        fields,
    }
}
