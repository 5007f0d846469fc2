//! The state of the fake Telegram: people, chats, topics and messages. One lock protects all state, so all
//! events have one order.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_core::clock::{Clock, Steady};
use serde_json::{Value, json};

use super::answer::ApiError;
use super::budget::Budget;
use super::chat_objects::{ChatKind, Draft, Ended, Message, SentFile, Standing, Topic, User};
use super::check::{DESCRIPTION, Violation};
use super::faults::Faults;
use super::local_files::LocalFiles;
use super::requests::Asked;
use super::updates::Updates;
use super::webhook::{Registrations, Webhook};

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
    /// The last number of such a message. No number is used twice, also after a deletion.
    pub(super) last_ephemeral: i64,
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
            last_ephemeral: 0,
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
