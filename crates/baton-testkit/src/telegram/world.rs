//! The state of the fake Telegram: people, chats, topics and messages. One lock protects all state, so all
//! events have one order.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use axum::body::Bytes;
use baton_core::clock::{Clock, Steady};
use serde_json::{Map, Value, json};

use super::answer::ApiError;
use super::budget::Budget;
use super::check::{DESCRIPTION, Violation};
use super::faults::Faults;
use super::local_files::LocalFiles;
use super::requests::Asked;
use super::updates::Updates;
use super::webhook::{Registrations, Webhook};

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
    /// Whether the draft is a rich message. The text is then its source.
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
    /// The text or caption. For a rich message, its source.
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

pub(super) struct Chat {
    pub(super) id: i64,
    pub(super) kind: ChatKind,
    pub(super) title: String,
    pub(super) is_forum: bool,
    pub(super) members: BTreeMap<i64, Standing>,
    pub(super) topics: BTreeMap<i64, Topic>,
    pub(super) general_closed: bool,
    pub(super) messages: BTreeMap<i64, Message>,
    /// The messages that one person sees, by their own numbers.
    pub(super) ephemeral: BTreeMap<i64, Message>,
    pub(super) last_message: i64,
    pub(super) migrated_to: Option<i64>,
    pub(super) ended: Option<Ended>,
    /// The time and topic of the last chat action.
    pub(super) typing: Option<(Steady, Option<i64>)>,
    pub(super) drafts: BTreeMap<i64, Draft>,
    pub(super) refuses_drafts: bool,
}

/// A press of a button.
#[derive(Clone, Debug)]
pub(super) struct Query {
    pub(super) answer: Option<Value>,
    pub(super) expired: bool,
}

/// The user in whose name anonymous administrators write.
pub(super) const ANONYMOUS: i64 = 1_087_968_824;
/// The user in whose name posts of a linked channel arrive in a group.
pub(super) const CHANNEL_POSTS: i64 = 777_000;

pub(super) struct World {
    pub(super) clock: Arc<dyn Clock>,
    /// The base URL: `http://127.0.0.1:port`.
    pub(super) base: String,
    pub(super) token: String,
    pub(super) bot: i64,
    /// Whether privacy mode is off.
    pub(super) reads_all: bool,
    /// Whether private chats have topics.
    pub(super) has_topics: bool,
    pub(super) users: BTreeMap<i64, User>,
    pub(super) chats: BTreeMap<i64, Chat>,
    pub(super) files: BTreeMap<String, SentFile>,
    pub(super) local_files: LocalFiles,
    pub(super) queries: BTreeMap<String, Query>,
    /// The commands by scope and language.
    pub(super) commands: BTreeMap<(String, String), Vec<Value>>,
    pub(super) updates: Updates,
    pub(super) webhook: Option<Webhook>,
    /// The registrations of webhooks.
    pub(super) registrations: Registrations,
    pub(super) faults: Faults,
    pub(super) budget: Option<Budget>,
    /// Whether a private chat answers 200 for a missing topic, as before a mend of the real server.
    pub(super) misroutes_private: bool,
    pub(super) violations: Vec<Violation>,
    pub(super) asked: Vec<Asked>,
    last_id: i64,
}

impl World {
    pub(super) fn new(clock: Arc<dyn Clock>, base: String, token: &str, bot: i64) -> Self {
        let mut world = Self {
            clock,
            base,
            token: token.to_owned(),
            bot,
            reads_all: true,
            has_topics: false,
            users: BTreeMap::new(),
            chats: BTreeMap::new(),
            files: BTreeMap::new(),
            local_files: LocalFiles::default(),
            queries: BTreeMap::new(),
            commands: BTreeMap::new(),
            updates: Updates::default(),
            webhook: None,
            registrations: Registrations::default(),
            faults: Faults::default(),
            budget: None,
            misroutes_private: false,
            violations: Vec::new(),
            asked: Vec::new(),
            last_id: 5_000_000,
        };
        for (id, name, username, bot) in [
            (bot, "Baton", "baton_bot", true),
            (ANONYMOUS, "Group", "GroupAnonymousBot", true),
            (CHANNEL_POSTS, "Telegram", "telegram", false),
        ] {
            let (name, username, language) = (name.to_owned(), Some(username.to_owned()), None);
            world.users.insert(
                id,
                User {
                    id,
                    name,
                    username,
                    language,
                    bot,
                },
            );
        }
        world
    }

    pub(super) fn next_id(&mut self) -> i64 {
        self.last_id += 1;
        self.last_id
    }

    /// The wall time in seconds.
    pub(super) fn date(&self) -> i64 {
        self.clock.wall().0.div_euclid(1000)
    }

    pub(super) fn violation(&mut self, asked: &str, what: &str) {
        self.violations.push(Violation {
            asked: asked.to_owned(),
            what: what.to_owned(),
        });
    }

    pub(super) fn chat(&self, id: i64) -> &Chat {
        self.chats
            .get(&id)
            .unwrap_or_else(|| panic!("there is no chat {id}"))
    }

    pub(super) fn chat_mut(&mut self, id: i64) -> &mut Chat {
        self.chats
            .get_mut(&id)
            .unwrap_or_else(|| panic!("there is no chat {id}"))
    }

    pub(super) fn message(&self, chat: i64, id: i64) -> &Message {
        let message = self.chat(chat).messages.get(&id);
        message.unwrap_or_else(|| panic!("there is no message {id} in {chat}"))
    }

    pub(super) fn message_mut(&mut self, chat: i64, id: i64) -> &mut Message {
        let message = self.chat_mut(chat).messages.get_mut(&id);
        message.unwrap_or_else(|| panic!("there is no message {id} in {chat}"))
    }

    pub(super) fn add_chat(&mut self, id: i64, kind: ChatKind, title: &str) {
        let chat = Chat {
            id,
            kind,
            title: title.to_owned(),
            is_forum: false,
            members: BTreeMap::new(),
            topics: BTreeMap::new(),
            general_closed: false,
            messages: BTreeMap::new(),
            ephemeral: BTreeMap::new(),
            last_message: 0,
            migrated_to: None,
            ended: None,
            typing: None,
            drafts: BTreeMap::new(),
            refuses_drafts: false,
        };
        self.chats.insert(id, chat);
    }

    /// Stores a message under the next number of its chat.
    pub(super) fn post(&mut self, mut message: Message) -> i64 {
        message.date = self.date();
        let chat = self.chat_mut(message.chat);
        chat.last_message += 1;
        message.id = chat.last_message;
        let id = message.id;
        chat.messages.insert(id, message);
        id
    }

    /// Whether the bot has a right in a chat, as owner or administrator.
    pub(super) fn bot_may(&self, chat: &Chat, right: &str) -> bool {
        match chat.members.get(&self.bot) {
            Some(Standing::Owner) => true,
            Some(Standing::Administrator(rights)) => rights.contains(right),
            _ => false,
        }
    }

    pub(super) fn bot_is_admin(&self, chat: &Chat) -> bool {
        matches!(
            chat.members.get(&self.bot),
            Some(Standing::Owner | Standing::Administrator(_))
        )
    }

    /// Whether messages of a chat can be in topics.
    pub(super) fn has_topics_in(&self, chat: &Chat) -> bool {
        match chat.kind {
            ChatKind::Private => self.has_topics,
            _ => chat.is_forum,
        }
    }

    /// Queues an update for the bot. Updates that differ from the description fail the test.
    pub(super) fn notify(&mut self, kind: &str, content: Value) {
        let mut update = json!({"update_id": 1});
        update[kind] = content;
        let faults = DESCRIPTION.update_faults(&update);
        for fault in faults {
            self.violation("an update of the fake", &fault);
        }
        update["update_id"] = Value::Null;
        self.updates.push(kind, update);
    }

    /// Returns the chat, or the error of Telegram for a chat that the bot cannot use.
    pub(super) fn usable(&self, id: i64) -> Result<&Chat, ApiError> {
        let chat = self
            .chats
            .get(&id)
            .filter(|chat| chat.ended != Some(Ended::Unknown));
        let chat = chat.ok_or_else(|| ApiError::bad_request("chat not found"))?;
        if let Some(to) = chat.migrated_to {
            let error = ApiError::bad_request("group chat was upgraded to a supergroup chat");
            return Err(error.with_parameters(json!({"migrate_to_chat_id": to})));
        }
        let kind = match chat.kind {
            ChatKind::Channel => "channel",
            ChatKind::Supergroup => "supergroup",
            _ => "group",
        };
        let standing = chat.members.get(&self.bot);
        let reason = match (chat.ended, standing) {
            (Some(Ended::Deactivated), _) => "user is deactivated".to_owned(),
            (Some(_), _) => "the group chat was deleted".to_owned(),
            (None, Some(Standing::Kicked)) if chat.kind == ChatKind::Private => {
                "bot was blocked by the user".to_owned()
            }
            (None, Some(Standing::Kicked)) => format!("bot was kicked from the {kind} chat"),
            (None, Some(Standing::Left) | None) => {
                format!("bot is not a member of the {kind} chat")
            }
            _ => return Ok(chat),
        };
        Err(ApiError::new(403, &format!("Forbidden: {reason}")))
    }
}
