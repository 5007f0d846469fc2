//! The refusals of Discord.

use baton_chat::connector::Refusal;
use baton_chat::http::request_error::PlatformRefusal;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::discord::discord_settings::PLATFORM;

/// The maximum length of Discord's message in a refusal, in characters.
const MESSAGE: usize = 200;

/// The most wrong fields to report.
const FIELDS: usize = 100;

/// Discord's error codes, <https://docs.discord.com/developers/topics/opcodes-and-status-codes#json>.
pub(crate) mod code {
    /// The channel does not exist; a thread may be created later.
    pub(crate) const UNKNOWN_CHANNEL: u64 = 10_003;
    /// The message does not exist, or was deleted.
    pub(crate) const UNKNOWN_MESSAGE: u64 = 10_008;
    /// The webhook does not exist; the one of an interaction may exist a moment later.
    pub(crate) const UNKNOWN_WEBHOOK: u64 = 10_015;
    /// The whole request is too large.
    pub(crate) const TOO_LARGE: u64 = 40_005;
    /// The interaction has a first answer already.
    pub(crate) const ACKNOWLEDGED: u64 = 40_060;
    /// Cloudflare blocks this address for a while.
    pub(crate) const SHUT_OUT: u64 = 40_333;
    /// The bot has no access to the channel or server.
    pub(crate) const MISSING_ACCESS: u64 = 50_001;
    /// The person accepts no direct messages from the bot.
    pub(crate) const NO_DIRECT_MESSAGES: u64 = 50_007;
    /// The bot has access, but lacks a permission.
    pub(crate) const MISSING_PERMISSIONS: u64 = 50_013;
    /// The thread is archived.
    pub(crate) const ARCHIVED: u64 = 50_083;
    /// The bot may not read the message to reply to.
    pub(crate) const MAY_NOT_QUOTE: u64 = 160_002;
    /// The message has a thread already.
    pub(crate) const HAS_THREAD: u64 = 160_004;
    /// The thread is locked.
    pub(crate) const LOCKED: u64 = 160_005;
}

/// A refusal of Discord.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message} (status {status}, code {code})")]
pub(crate) struct DiscordRefusal {
    pub(crate) status: u16,
    /// Discord's error code; 0 if the answer has none.
    pub(crate) code: u64,
    message: String,
    /// The paths of the wrong fields of the request, such as `0.name_localizations.he`.
    pub(crate) fields: Vec<String>,
}

impl PlatformRefusal for DiscordRefusal {
    const PLATFORM: &'static str = PLATFORM;

    fn from_answer(status: StatusCode, body: &[u8]) -> Self {
        let body: RefusalBody = serde_json::from_slice(body).unwrap_or_default();
        let message = if body.message.is_empty() {
            status.canonical_reason().unwrap_or("no reason").to_owned()
        } else {
            body.message.chars().take(MESSAGE).collect()
        };
        let mut fields = Vec::new();
        list_wrong_fields(&body.errors, "", &mut fields);
        Self {
            status: status.as_u16(),
            code: body.code,
            message,
            fields,
        }
    }

    /// Cloudflare in front of Discord can block addresses for a while. Its answer has another format, or a code of
    /// its own.
    fn is_from_platform(status: StatusCode, body: &[u8]) -> bool {
        match serde_json::from_slice(body) {
            Ok(RefusalBody { code, .. }) => code != code::SHUT_OUT,
            Err(_) => !matches!(status, StatusCode::FORBIDDEN | StatusCode::REQUEST_TIMEOUT),
        }
    }

    fn reason(&self) -> (Refusal, Option<&'static str>) {
        let (refusal, hint) = match self.code {
            _ if self.status == 401 => (
                Refusal::Credentials,
                "the token is wrong: make a new token on the page of the application",
            ),
            code::UNKNOWN_CHANNEL => (Refusal::NoSuchChat, "the channel or thread was deleted"),
            code::UNKNOWN_MESSAGE => (Refusal::NoSuchMessage, "the message was deleted"),
            code::UNKNOWN_WEBHOOK => return (Refusal::NoSuchMessage, None),
            code::ACKNOWLEDGED => return (Refusal::AlreadyAnswered, None),
            code::TOO_LARGE => return (Refusal::TooLarge, None),
            code::MISSING_ACCESS => (
                Refusal::Other,
                "the bot is not in the server any more, or may not see the channel: invite the bot \
                 again, or give its role View Channel",
            ),
            code::NO_DIRECT_MESSAGES => (
                Refusal::Other,
                "this person accepts no direct messages from the bot",
            ),
            code::MISSING_PERMISSIONS => (
                Refusal::Other,
                "the bot's role lacks a permission in the channel: Send Messages, in threads Send Messages \
                 in Threads, for files Attach Files, for new threads Create Public Threads, for locked \
                 threads Manage Threads",
            ),
            code::ARCHIVED => (Refusal::ThreadClosed, LOCKED),
            code::LOCKED => (Refusal::Other, LOCKED),
            code::MAY_NOT_QUOTE => (
                Refusal::CannotQuote,
                "the bot's role needs Read Message History in the channel, to quote messages",
            ),
            _ if self.status == 413 => return (Refusal::TooLarge, None),
            _ => return (Refusal::Other, None),
        };
        (refusal, Some(hint))
    }
}

/// The advice for a locked thread.
const LOCKED: &str = "the thread is locked: unlock it, or give the bot's role Manage Threads";

/// The body of a refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct RefusalBody {
    code: u64,
    message: String,
    /// The errors by field, nested; the errors of one field are under `_errors`.
    errors: Value,
}

/// Lists the paths of all fields with errors.
fn list_wrong_fields(errors: &Value, path: &str, fields: &mut Vec<String>) {
    for (name, inner) in errors.as_object().into_iter().flatten() {
        if fields.len() >= FIELDS {
            return;
        }
        match name.as_str() {
            "_errors" => fields.push(path.to_owned()),
            _ if path.is_empty() => list_wrong_fields(inner, name, fields),
            _ => list_wrong_fields(inner, &format!("{path}.{name}"), fields),
        }
    }
}
