//! The entry of the decoder: one update of Telegram becomes one event.

use baton_chat::http::tolerant_parsing;
use baton_chat::http::unreadable_object::UnreadableObject;
use baton_core::panics::catch_sync_panic;
use serde_json::Value;

use super::incoming_conversion::{MessageNews, convert_message, convert_unreadable};
use super::press_conversion::{convert_press, convert_reactions};
use super::service_conversion::{convert_membership, convert_stop};
use super::telegram_update::{ShownChat, TelegramEvent, TelegramUpdate};
use crate::telegram::bot_context::BotContext;

/// The updates that Baton reads, as `getUpdates` names them. Telegram sends only these after a request with this list.
pub(crate) const READ_UPDATES: [&str; 6] = [
    MESSAGE,
    "edited_message",
    "callback_query",
    "my_chat_member",
    "message_reaction",
    "stopped_message_generation",
];

const MESSAGE: &str = "message";

/// The kind, for the log, of an update with a panic.
const PANICKED: &str = "an update that Baton failed to handle";

/// Decodes one update. Never panics: no update may stop the connection.
pub(crate) fn decode_update(bot: &BotContext, raw: &Value) -> TelegramUpdate {
    let id = raw.get("update_id").and_then(Value::as_i64);
    let converted = catch_sync_panic(|| convert_update(bot, raw));
    let (chat, event) = converted.unwrap_or_else(|panicked| {
        tracing::error!(update = id, %panicked, "an update of Telegram is refused");
        (None, refuse_update(bot, raw))
    });
    TelegramUpdate { id, chat, event }
}

fn convert_update(bot: &BotContext, raw: &Value) -> (Option<ShownChat>, TelegramEvent) {
    let Some(fields) = raw.as_object() else {
        let event = unreadable_message(bot, raw, "the update is no object");
        return (None, event);
    };
    let kind = READ_UPDATES.into_iter().find_map(|kind| {
        let object = fields.get(kind).filter(|object| !object.is_null())?;
        Some((kind, object))
    });
    match kind {
        Some((MESSAGE, object)) => convert_message(bot, object, MessageNews::New),
        Some(("edited_message", object)) => convert_message(bot, object, MessageNews::Edited),
        Some(("callback_query", object)) => convert_press(bot, object),
        Some(("my_chat_member", object)) => convert_membership(object),
        Some(("message_reaction", object)) => convert_reactions(bot, object),
        Some(("stopped_message_generation", object)) => convert_stop(object),
        _ => {
            let what = "an update of a kind that Baton does not read";
            (None, TelegramEvent::Ignored(what))
        }
    }
}

/// The event for an update with a panic. A new message becomes a refused message, so that people can find the message.
fn refuse_update(bot: &BotContext, raw: &Value) -> TelegramEvent {
    let reason = "Baton failed to handle this update";
    match raw.get(MESSAGE) {
        Some(message) => {
            let refused = catch_sync_panic(|| unreadable_message(bot, message, reason));
            refused.unwrap_or(TelegramEvent::Lost(PANICKED))
        }
        None => TelegramEvent::Lost(PANICKED),
    }
}

fn unreadable_message(bot: &BotContext, raw: &Value, reason: &str) -> TelegramEvent {
    let object = UnreadableObject {
        fields: raw.clone(),
        raw: tolerant_parsing::cut_bytes(&raw.to_string(), tolerant_parsing::RAW),
        reason: reason.to_owned(),
    };
    TelegramEvent::Unreadable(Box::new(convert_unreadable(bot, &object)))
}
