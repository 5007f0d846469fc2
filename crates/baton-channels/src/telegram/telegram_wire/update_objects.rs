//! The objects of updates besides messages.

use baton_chat::http::tolerant_parsing;
use serde::Deserialize;

use super::{TelegramChat, TelegramUser};

/// A press on a button.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CallbackQuery {
    pub(crate) id: String,
    pub(crate) from: TelegramUser,
    /// The message with the button; `None` for a message of inline mode.
    pub(crate) message: Option<CallbackMessage>,
    /// The name that Baton gave the button.
    pub(crate) data: Option<String>,
}

impl CallbackQuery {
    /// Fields that must be readable, so that the press has an effect in the right place.
    pub(crate) const ESSENTIAL: [&str; 7] = [
        "from.is_bot",
        "data",
        "message",
        "message.message_id",
        "message.date",
        "message.message_thread_id",
        "message.is_topic_message",
    ];
}

/// The message with a pressed button. An inaccessible message has neither text nor topic, and the date 0.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct CallbackMessage {
    #[serde(default)]
    pub(crate) message_id: i64,
    pub(crate) ephemeral_message_id: Option<i64>,
    pub(crate) chat: TelegramChat,
    #[serde(default)]
    pub(crate) date: i64,
    pub(crate) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(crate) is_topic_message: bool,
}

/// A change of one person's reactions to a message.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ReactionUpdate {
    pub(crate) chat: TelegramChat,
    #[serde(default)]
    pub(crate) message_id: i64,
    pub(crate) user: Option<TelegramUser>,
    /// The chat that reacts, for an anonymous administrator or a channel.
    pub(crate) actor_chat: Option<TelegramChat>,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(crate) old_reaction: Vec<ReactionKind>,
    #[serde(default, deserialize_with = "tolerant_parsing::parse_each")]
    pub(crate) new_reaction: Vec<ReactionKind>,
}

impl ReactionUpdate {
    /// Fields that must be readable. Without these, a reaction could count as new, or as one of another person.
    pub(crate) const ESSENTIAL: [&str; 3] = ["actor_chat", "user.is_bot", "old_reaction"];
}

/// A reaction.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct ReactionKind {
    /// The emoji of Unicode; `None` for the emoji of a sticker set, and for a paid reaction.
    pub(crate) emoji: Option<String>,
}

/// A change of the bot's membership in a chat.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct MemberUpdate {
    pub(crate) chat: TelegramChat,
    pub(crate) new_chat_member: ChatMembership,
}

/// The membership of the bot.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct ChatMembership {
    pub(crate) status: MemberStatus,
    /// Whether a restricted bot is a member.
    #[serde(default)]
    pub(crate) is_member: bool,
    /// Whether a restricted bot may write.
    pub(crate) can_send_messages: Option<bool>,
    /// Whether an administrator may create topics.
    pub(crate) can_manage_topics: Option<bool>,
}

/// The kinds of membership.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum MemberStatus {
    Creator,
    Administrator,
    Member,
    Restricted,
    Left,
    Kicked,
    /// A kind that this version of Baton does not know.
    #[serde(other)]
    Unknown,
}

/// A press on Telegram's own button that stops a draft.
#[derive(Clone, Debug, Deserialize)]
pub(crate) struct StoppedGeneration {
    pub(crate) chat: TelegramChat,
    pub(crate) message_thread_id: Option<i64>,
    #[serde(default)]
    pub(crate) draft_id: i64,
}
