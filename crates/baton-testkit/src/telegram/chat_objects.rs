//! People, topics, files and messages of the fake Telegram.

use std::collections::{BTreeMap, BTreeSet};

use axum::body::Bytes;
use baton_core::clock::Steady;
use serde_json::{Map, Value};

/// A person or a bot.
#[derive(Clone, Debug)]
pub struct User {
    /// The permanent id.
    pub id: i64,
    /// The first name.
    pub name: String,
    /// The name after `@`, if the person has one.
    pub username: Option<String>,
    /// The language of the person's app.
    pub language: Option<String>,
    /// Whether the user is a program.
    pub bot: bool,
}

/// The kind of a chat.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ChatKind {
    /// A chat of one person and the bot.
    Private,
    /// A small group, which has no topics.
    Group,
    /// A group with its own numbers of messages, with or without topics.
    Supergroup,
    /// A channel.
    Channel,
}

/// The standing of a user in a chat.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Standing {
    /// The owner.
    Owner,
    /// An administrator with these rights, such as `can_manage_topics`.
    Administrator(BTreeSet<String>),
    /// An ordinary member.
    Member,
    /// A former member.
    Left,
    /// A removed user. In a private chat, the person has blocked the bot.
    Kicked,
}

/// A reason for which the bot cannot write to a chat any more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// The person's account is deleted.
    Deactivated,
    /// The group is deleted.
    Deleted,
    /// The chat is unknown to the bot.
    Unknown,
}

/// A topic of a forum or private chat.
#[derive(Clone, Debug)]
pub struct Topic {
    /// The id, which is the number of the message about the creation.
    pub id: i64,
    /// The current name.
    pub name: String,
    /// The creator.
    pub creator: i64,
    /// Whether the topic is closed.
    pub closed: bool,
    /// The color of the icon.
    pub color: i64,
}

/// A shown draft of the bot.
#[derive(Clone, Debug)]
pub struct Draft {
    /// The bot's id of the draft.
    pub id: i64,
    /// The topic.
    pub topic: Option<i64>,
    /// The text; empty for "Thinking…".
    pub text: String,
    /// The entities of the text.
    pub entities: Vec<Value>,
    /// Whether the draft is a rich message. The text is then the source of the rich message.
    pub is_rich: bool,
    /// Whether the person sees a button that stops the draft.
    pub can_stop: bool,
    /// Whether the draft stays visible after a press on this button.
    pub keep_on_stop: bool,
    /// The time of the last change. Telegram hides a draft after 30 seconds.
    pub at: Steady,
    /// The number of requests for this draft.
    pub times: usize,
}

/// A file of a message.
#[derive(Clone, Debug)]
pub struct SentFile {
    /// The id of the file, for `getFile`.
    pub id: String,
    /// The field of the message: `photo`, `document`, `voice`, `sticker`, `video`, `audio`.
    pub field: String,
    /// The name of the file.
    pub name: String,
    /// The media type.
    pub media_type: Option<String>,
    /// The size that Telegram reports.
    pub size: usize,
    /// The content.
    pub bytes: Bytes,
}

/// A message.
#[derive(Clone, Debug, Default)]
pub struct Message {
    /// The number in its chat.
    pub id: i64,
    /// The chat.
    pub chat: i64,
    /// The topic; none for General and for chats without topics.
    pub topic: Option<i64>,
    /// A thread id that names no topic: the chain of replies in a group without topics.
    pub chain: Option<i64>,
    /// The author; none for a post of a channel.
    pub author: Option<i64>,
    /// The chat in whose name an anonymous administrator or a channel writes.
    pub sender_chat: Option<i64>,
    /// The text or caption. A rich message has its source here.
    pub text: String,
    /// The entities of the text or caption.
    pub entities: Vec<Value>,
    /// The rich message, as sent.
    pub rich: Option<Value>,
    /// The files.
    pub files: Vec<SentFile>,
    /// The id of the album.
    pub album: Option<String>,
    /// The buttons, as sent.
    pub markup: Option<Value>,
    /// The message that this one replies to.
    pub reply_to: Option<i64>,
    /// The number of seconds since 1970.
    pub date: i64,
    /// The time of the last edit.
    pub edit_date: Option<i64>,
    /// The earlier texts, oldest first.
    pub earlier: Vec<String>,
    /// The only person who sees the message, if not everybody.
    pub only_for: Option<i64>,
    /// The reactions by user.
    pub reactions: BTreeMap<i64, Vec<Value>>,
    /// Whether the message notifies nobody.
    pub silent: bool,
    /// More fields of the message's JSON: events of the chat, forwards, quotes.
    pub more: Map<String, Value>,
}

impl Message {
    /// The buttons in one list.
    pub fn buttons(&self) -> Vec<Value> {
        let rows = self
            .markup
            .as_ref()
            .and_then(|markup| markup["inline_keyboard"].as_array());
        let rows = rows.into_iter().flatten().filter_map(Value::as_array);
        rows.flatten().cloned().collect()
    }

    /// The callback data of the button with this text.
    pub fn callback(&self, text: &str) -> Option<String> {
        let buttons = self.buttons();
        let button = buttons.iter().find(|button| button["text"] == text)?;
        button["callback_data"].as_str().map(str::to_owned)
    }
}
