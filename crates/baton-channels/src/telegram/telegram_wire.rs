//! Telegram's objects, with the fields that Baton reads. Unknown fields are ignored, so that Telegram can add
//! fields. A field with a wrong type is left out, see [`tolerant_parsing`].
//!
//! One message is read in three parts: `telegram_message` (who writes where), `message_content` (files and other
//! content besides text), and `service_notice` (notices of the platform). `update_objects` holds the other objects
//! of updates.

use baton_chat::http::tolerant_parsing;
use baton_chat::http::unreadable_object::UnreadableObject;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

mod message_content;
mod service_notice;
mod telegram_message;
mod update_objects;

pub(super) use message_content::{
    Checklist, MediaFile, MessageContent, PhotoSize, Sticker, TelegramPoll,
};
pub(super) use service_notice::ServiceNotice;
pub(super) use telegram_message::{MessageEntity, MessageOrigin, TelegramMessage, has_content};
pub(super) use update_objects::{
    CallbackMessage, CallbackQuery, MemberStatus, MemberUpdate, ReactionUpdate, StoppedGeneration,
};

/// A person or a bot.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TelegramUser {
    pub(super) id: i64,
    pub(super) is_bot: bool,
    #[serde(default)]
    pub(super) first_name: String,
    pub(super) last_name: Option<String>,
}

impl TelegramUser {
    /// The name that people see.
    pub(super) fn full_name(&self) -> String {
        let names = [Some(self.first_name.as_str()), self.last_name.as_deref()];
        let names: Vec<_> = names.into_iter().flatten().map(str::trim).collect();
        let name = names.join(" ").trim().to_owned();
        if name.is_empty() {
            // A deleted account has no name.
            return self.id.to_string();
        }
        name
    }
}

/// A private chat, a group or a channel.
#[derive(Clone, Debug, Deserialize)]
pub(super) struct TelegramChat {
    pub(super) id: i64,
    #[serde(default, rename = "type")]
    pub(super) kind: TelegramChatKind,
    pub(super) title: Option<String>,
    #[serde(default)]
    pub(super) is_forum: bool,
    /// Whether the chat holds the direct messages to a channel.
    #[serde(default)]
    pub(super) is_direct_messages: bool,
}

impl TelegramChat {
    /// The title that people see.
    pub(super) fn title(&self) -> String {
        let title = self.title.as_deref().map(str::trim);
        let title = title.filter(|title| !title.is_empty());
        title.map_or_else(|| self.id.to_string(), str::to_owned)
    }
}

/// The kinds of chats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum TelegramChatKind {
    /// A chat with one person.
    Private,
    /// A group with few abilities. It can become a supergroup, with a new number.
    Group,
    /// A group with all abilities.
    Supergroup,
    /// A channel.
    Channel,
    /// A kind that is missing, unreadable or new.
    #[default]
    #[serde(other)]
    Unknown,
}

/// Parses an object, which is copied only if a part is unreadable. See [`tolerant_parsing::parse_object`].
pub(super) fn parse_object<T: DeserializeOwned>(
    what: &str,
    object: &Value,
    essential: &[&str],
) -> Result<T, UnreadableObject> {
    T::deserialize(object)
        .or_else(|_| tolerant_parsing::parse_object(what, object.clone(), essential))
}

/// Parses an object whose fields are all optional. An unreadable object counts as empty.
pub(super) fn parse_optional_fields<T: DeserializeOwned + Default>(
    what: &str,
    object: &Value,
) -> T {
    parse_object(what, object, &[]).unwrap_or_default()
}
