//! The refusals of Telegram.

use std::time::Duration;

use baton_chat::connector::Refusal;
use baton_chat::http::request_error::PlatformRefusal;
use baton_chat::http::tolerant_parsing::parse_value;
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::Value;

use crate::telegram::telegram_settings::PLATFORM;

/// The kind of a refusal in logs.
const WHAT: &str = "a refusal of Telegram";

/// The maximum length of Telegram's message in a refusal, in characters.
const MESSAGE: usize = 200;

/// A refusal of Telegram. Telegram has few codes, so the description tells the reason.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{description} (code {code})")]
pub(crate) struct TelegramRefusal {
    /// The status of HTTP, repeated in the body.
    pub(crate) code: u16,
    pub(crate) description: String,
    /// The new id of a group that became a supergroup.
    pub(crate) moved_to: Option<i64>,
    /// The pause that Telegram asks for.
    pub(crate) retry_after: Option<Duration>,
}

/// The body of a refusal.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorAnswer {
    description: String,
    parameters: ErrorParameters,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct ErrorParameters {
    migrate_to_chat_id: Option<i64>,
    retry_after: Option<u64>,
}

impl PlatformRefusal for TelegramRefusal {
    const PLATFORM: &'static str = PLATFORM;

    fn from_answer(status: StatusCode, body: &[u8]) -> Self {
        let body: Value = serde_json::from_slice(body).unwrap_or_default();
        let body: ErrorAnswer = parse_value(WHAT, body).unwrap_or_default();
        let description = if body.description.is_empty() {
            status.canonical_reason().unwrap_or("no reason").to_owned()
        } else {
            body.description.chars().take(MESSAGE).collect()
        };
        Self {
            code: status.as_u16(),
            description,
            moved_to: body.parameters.migrate_to_chat_id,
            retry_after: body.parameters.retry_after.map(Duration::from_secs),
        }
    }

    /// Each answer of Telegram is an object with the field `ok`. A proxy answers in another format.
    fn is_from_platform(_status: StatusCode, body: &[u8]) -> bool {
        let body: Result<Value, _> = serde_json::from_slice(body);
        body.is_ok_and(|body| body["ok"].is_boolean())
    }

    fn reason(&self) -> (Refusal, Option<&'static str>) {
        let text = self.description.to_lowercase();
        let says = |part: &str| text.contains(part);
        if self.is_wrong_token() {
            let hint = "the token is wrong or revoked: ask BotFather for the token of the bot";
            return (Refusal::Credentials, Some(hint));
        }
        if let Some((_, refusal, hint)) = REASONS.iter().find(|(part, ..)| says(part)) {
            return (*refusal, *hint);
        }
        if self.code == 413 {
            return (Refusal::TooLarge, None);
        }
        (Refusal::Other, None)
    }
}

impl TelegramRefusal {
    /// Whether Telegram does not know the token.
    pub(crate) fn is_wrong_token(&self) -> bool {
        let text = self.description.to_lowercase();
        self.code == 401 || self.code == 404 && text == "not found" || self.is_logged_out()
    }

    /// Whether the bot uses another Bot API server now (`logOut`).
    pub(crate) fn is_logged_out(&self) -> bool {
        self.description.to_lowercase().contains("logged out")
    }

    /// Whether another program reads the updates of this bot.
    pub(crate) fn is_conflict(&self) -> bool {
        self.code == 409
    }

    /// Whether Telegram finds the marks or the form of a text wrong, so that a simpler form may succeed.
    pub(crate) fn is_about_form(&self) -> bool {
        let text = self.description.to_lowercase();
        let says = |part: &str| text.contains(part);
        let has_reason = REASONS.iter().any(|(part, ..)| says(part)) || self.moved_to.is_some();
        let about_rights = ["chat_", "forbidden", "have no rights"];
        // Such as `TEXTDRAFT_PEER_INVALID`.
        let is_about_drafts = says("draft");
        let is_other = about_rights.into_iter().any(says) || is_about_drafts;
        self.code == 400 && !has_reason && !is_other
    }

    /// Whether the message has the wanted content already.
    pub(crate) fn is_unchanged(&self) -> bool {
        let text = self.description.to_lowercase();
        text.contains("message is not modified") || text.contains("topic_not_modified")
    }

    /// Whether the time to answer a press is over.
    pub(crate) fn is_late_answer(&self) -> bool {
        self.description.to_lowercase().contains("query is too old")
    }
}

/// Parts of descriptions in lower case, with their meaning.
const REASONS: &[(&str, Refusal, Option<&str>)] = &[
    (
        "message thread not found",
        Refusal::ThreadGone,
        DELETED_TOPIC,
    ),
    ("topic_deleted", Refusal::ThreadGone, DELETED_TOPIC),
    ("topic_id_invalid", Refusal::ThreadGone, DELETED_TOPIC),
    ("topic_closed", Refusal::ThreadClosed, CLOSED_TOPIC),
    (
        "message to be replied not found",
        Refusal::CannotQuote,
        None,
    ),
    ("replied message not found", Refusal::CannotQuote, None),
    ("message to edit not found", Refusal::NoSuchMessage, None),
    ("message can't be edited", Refusal::NoSuchMessage, None),
    ("message to delete not found", Refusal::NoSuchMessage, None),
    ("message can't be deleted", Refusal::NoSuchMessage, None),
    ("message_id_invalid", Refusal::NoSuchMessage, None),
    ("message to react not found", Refusal::NoSuchMessage, None),
    ("message is too long", Refusal::TooLarge, None),
    ("message_too_long", Refusal::TooLarge, None),
    ("text is too long", Refusal::TooLarge, None),
    ("caption is too long", Refusal::TooLarge, None),
    ("file is too big", Refusal::TooLarge, None),
    ("request entity too large", Refusal::TooLarge, None),
    (
        "the chat is not a forum",
        Refusal::Other,
        Some("topics are switched off in this group: switch them on again"),
    ),
    (
        "not enough rights",
        Refusal::Other,
        Some(
            "the bot lacks a right in this group: make the bot an administrator; topics need Manage Topics",
        ),
    ),
    (
        "chat_admin_required",
        Refusal::Other,
        Some(
            "the bot must be an administrator of this group; topics need Manage Topics, and deletions Delete Messages",
        ),
    ),
    (
        "chat not found",
        Refusal::Other,
        Some("the chat does not exist, or the bot is not a member"),
    ),
    (
        "bot was kicked",
        Refusal::Other,
        Some("somebody removed the bot from this group: add the bot again"),
    ),
    (
        "bot is not a member",
        Refusal::Other,
        Some("add the bot to this group"),
    ),
    (
        "bot was blocked by the user",
        Refusal::Other,
        Some("this person has blocked the bot"),
    ),
    (
        "user is deactivated",
        Refusal::Other,
        Some("the account of this person is deleted"),
    ),
    (
        "group chat was deleted",
        Refusal::Other,
        Some("somebody deleted this group"),
    ),
];

const DELETED_TOPIC: Option<&str> = Some("the topic was deleted");
const CLOSED_TOPIC: Option<&str> = Some("the topic is closed: open the topic again");

#[cfg(test)]
mod tests {
    use super::*;

    fn refusal(code: u16, body: &str) -> TelegramRefusal {
        let status = StatusCode::from_u16(code).unwrap();
        TelegramRefusal::from_answer(status, body.as_bytes())
    }

    fn described(code: u16, description: &str) -> TelegramRefusal {
        let body =
            serde_json::json!({ "ok": false, "error_code": code, "description": description });
        refusal(code, &body.to_string())
    }

    #[test]
    fn the_description_tells_the_reason() {
        for (code, description, expected) in [
            (
                400,
                "Bad Request: message thread not found",
                Refusal::ThreadGone,
            ),
            (400, "Bad Request: TOPIC_DELETED", Refusal::ThreadGone),
            (400, "Bad Request: TOPIC_CLOSED", Refusal::ThreadClosed),
            (
                400,
                "Bad Request: message to be replied not found",
                Refusal::CannotQuote,
            ),
            (
                400,
                "Bad Request: message to edit not found",
                Refusal::NoSuchMessage,
            ),
            (400, "Bad Request: message is too long", Refusal::TooLarge),
            (401, "Unauthorized", Refusal::Credentials),
            (404, "Not Found", Refusal::Credentials),
            (
                403,
                "Forbidden: bot was blocked by the user",
                Refusal::Other,
            ),
        ] {
            assert_eq!(
                described(code, description).reason().0,
                expected,
                "{description}"
            );
        }
    }

    #[test]
    fn only_a_wrong_form_has_a_simpler_form() {
        for (description, expected) in [
            (
                "Bad Request: can't parse entities: unsupported start tag at byte offset 3",
                true,
            ),
            ("Bad Request: RICH_MESSAGE_INVALID", true),
            ("Bad Request: message thread not found", false),
            (
                "Bad Request: not enough rights to send text messages to the chat",
                false,
            ),
            ("Bad Request: chat not found", false),
            ("Bad Request: CHAT_WRITE_FORBIDDEN", false),
            ("Bad Request: TEXTDRAFT_PEER_INVALID", false),
        ] {
            assert_eq!(
                described(400, description).is_about_form(),
                expected,
                "{description}"
            );
        }
        assert!(!described(403, "Forbidden: bot was kicked from the group chat").is_about_form());
    }

    #[test]
    fn a_moved_group_tells_its_new_id() {
        let body = r#"{"ok":false,"error_code":400,"description":"Bad Request: group chat was upgraded to a
            supergroup chat","parameters":{"migrate_to_chat_id":-1001}}"#.replace('\n', " ");
        assert_eq!(refusal(400, &body).moved_to, Some(-1001));
    }

    #[test]
    fn an_unreadable_field_costs_only_itself() {
        let refusal = refusal(
            429,
            r#"{"ok":false,"description":"Too Many Requests","parameters":{"retry_after":"soon","migrate_to_chat_id":-7}}"#,
        );
        assert_eq!(refusal.description, "Too Many Requests");
        assert_eq!(refusal.retry_after, None);
        assert_eq!(refusal.moved_to, Some(-7));
    }

    #[test]
    fn an_answer_without_ok_is_of_a_proxy() {
        let status = StatusCode::BAD_REQUEST;
        assert!(!TelegramRefusal::is_from_platform(
            status,
            b"<html>Bad Request</html>"
        ));
        assert!(TelegramRefusal::is_from_platform(
            status,
            br#"{"ok":false}"#
        ));
        assert_eq!(refusal(400, "<html>").description, "Bad Request");
    }
}
