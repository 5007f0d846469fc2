//! The state that people see, now and after a wait.

use std::time::Duration;

use serde_json::Value;

use super::Telegram;
use super::chat_objects::{Draft, Message};
use super::requests::Asked;
use super::world::World;
use crate::agent_run::within;

/// The time for which Telegram shows the bot as typing.
const TYPING_SHOWN: Duration = Duration::from_secs(5);
/// The time for which Telegram shows a draft.
const DRAFT_SHOWN: Duration = Duration::from_secs(30);

impl Telegram {
    /// Waits until `find` finds a value, and returns the value.
    pub(super) async fn until<T>(
        &self,
        what: &str,
        mut find: impl FnMut(&World) -> Option<T>,
    ) -> T {
        let mut changed = self.shared.changed.subscribe();
        let search = async {
            loop {
                changed.mark_unchanged();
                if let Some(found) = find(&self.shared.lock()) {
                    return found;
                }
                changed.changed().await.expect("the sender is held here");
            }
        };
        within(what, search).await
    }

    /// The messages of a chat, oldest first. Messages about events count, and messages to one person only do not.
    pub fn messages(&self, chat: i64) -> Vec<Message> {
        self.shared
            .lock()
            .chat(chat)
            .messages
            .values()
            .cloned()
            .collect()
    }

    /// The messages of the bot in a chat, oldest first. Messages about events do not count.
    pub fn bot_messages(&self, chat: i64) -> Vec<Message> {
        let world = self.shared.lock();
        said_by_bot(&world, chat)
    }

    /// The messages of a chat that only this person sees.
    pub fn messages_only_for(&self, chat: i64, person: i64) -> Vec<Message> {
        let world = self.shared.lock();
        let messages = world.chat(chat).ephemeral.values();
        messages
            .filter(|message| message.only_for == Some(person))
            .cloned()
            .collect()
    }

    /// A message by its number.
    pub fn message(&self, chat: i64, id: i64) -> Option<Message> {
        self.shared
            .lock()
            .chats
            .get(&chat)?
            .messages
            .get(&id)
            .cloned()
    }

    /// Waits for a message that `like` accepts, and returns the oldest one. Messages to one person only are included.
    pub async fn until_said(&self, chat: i64, like: impl Fn(&Message) -> bool) -> Message {
        self.until("a message like that", |world| {
            let chat = world.chats.get(&chat)?;
            let mut messages = chat.messages.values().chain(chat.ephemeral.values());
            messages.find(|message| like(message)).cloned()
        })
        .await
    }

    /// Waits until the chat has `times` messages of the bot, and returns the messages. Messages about events do not count.
    pub async fn until_bot_said(&self, chat: i64, times: usize) -> Vec<Message> {
        self.until(&format!("{times} messages of the bot"), |world| {
            let own = said_by_bot(world, chat);
            (own.len() >= times).then_some(own)
        })
        .await
    }

    /// Waits until `wanted` accepts the list of all messages in a chat.
    pub async fn until_messages(
        &self,
        chat: i64,
        wanted: impl Fn(&[Message]) -> bool,
    ) -> Vec<Message> {
        self.until("the messages are as wanted", |world| {
            let messages: Vec<Message> =
                world.chats.get(&chat)?.messages.values().cloned().collect();
            wanted(&messages).then_some(messages)
        })
        .await
    }

    /// Waits until `times` requests of a method have arrived, and returns the requests.
    pub async fn until_asked(&self, method: &str, times: usize) -> Vec<Asked> {
        self.until(&format!("{method} is asked {times} times"), |world| {
            let asked: Vec<Asked> = world
                .asked
                .iter()
                .filter(|asked| asked.method == method)
                .cloned()
                .collect();
            (asked.len() >= times).then_some(asked)
        })
        .await
    }

    /// Waits until `like` accepts the list of all requests so far.
    pub async fn until_requests(&self, what: &str, like: impl Fn(&[Asked]) -> bool) {
        self.until(what, |world| like(&world.asked).then_some(()))
            .await;
    }

    /// Waits until a request of this method has its answer. A lost answer does not count.
    pub async fn until_request_answered(&self, method: &str) {
        let is_answered = |asked: &Asked| asked.method == method && asked.status != 0;
        let what = format!("an answer to {method}");
        self.until_requests(&what, |all| all.iter().any(is_answered))
            .await;
    }

    /// Waits until no planted fault is left, besides those until [`recover`](Self::recover).
    pub async fn until_faults_used(&self) {
        self.until("all faults are used", |world| {
            world.faults.are_used().then_some(())
        })
        .await;
    }

    /// Waits until the bot has answered a press of a button, and returns the parameters of the answer.
    pub async fn until_answered(&self, press: &str) -> Value {
        self.until(&format!("press {press} is answered"), |world| {
            world.queries.get(press)?.answer.clone()
        })
        .await
    }

    /// Waits until the menu of this scope and language has commands, and returns the commands. The scope is as in `default`,
    /// `all_group_chats` or `chat -100123`.
    pub async fn until_commands(&self, scope: &str, language: &str) -> Vec<Value> {
        let key = (scope.to_owned(), language.to_owned());
        self.until(&format!("commands for {scope}"), |world| {
            world.commands.get(&key).cloned()
        })
        .await
    }

    /// Whether the bot is shown as typing: requested less than 5 seconds ago, and without a message since.
    pub fn is_typing(&self, chat: i64) -> bool {
        let world = self.shared.lock();
        let typing = world.chat(chat).typing;
        typing.is_some_and(|(since, _)| world.clock.steady().since(since) < TYPING_SHOWN)
    }

    /// Waits until the bot types in a chat, and returns the topic.
    pub async fn until_typing(&self, chat: i64) -> Option<i64> {
        self.until("the bot types", |world| {
            world.chats.get(&chat)?.typing.map(|(_, topic)| topic)
        })
        .await
    }

    /// The visible drafts of the bot in a chat.
    pub fn drafts(&self, chat: i64) -> Vec<Draft> {
        let world = self.shared.lock();
        let now = world.clock.steady();
        let drafts = world.chat(chat).drafts.values();
        drafts
            .filter(|draft| now.since(draft.at) < DRAFT_SHOWN)
            .cloned()
            .collect()
    }

    /// Waits for a draft that `like` accepts.
    pub async fn until_draft(&self, chat: i64, like: impl Fn(&Draft) -> bool) -> Draft {
        self.until("a draft like that", |world| {
            world
                .chats
                .get(&chat)?
                .drafts
                .values()
                .find(|draft| like(draft))
                .cloned()
        })
        .await
    }

    /// Waits for a topic with this name, and returns its id.
    pub async fn until_topic(&self, chat: i64, name: &str) -> i64 {
        self.until(&format!("a topic {name:?}"), |world| {
            let topics = world.chats.get(&chat)?.topics.values();
            topics
                .filter(|topic| topic.name == name)
                .map(|topic| topic.id)
                .next()
        })
        .await
    }

    /// Waits until a topic is closed or open.
    pub async fn until_closed(&self, chat: i64, topic: i64, closed: bool) {
        self.until(&format!("topic {topic} is closed: {closed}"), |world| {
            let topic = world.chats.get(&chat)?.topics.get(&topic)?;
            (topic.closed == closed).then_some(())
        })
        .await;
    }

    /// Waits until the bot's reaction on a message is this emoji; an empty emoji waits for none.
    pub async fn until_reaction(&self, chat: i64, message: i64, emoji: &str) {
        self.until(&format!("the reaction {emoji:?}"), |world| {
            let reactions = &world.chats.get(&chat)?.messages.get(&message)?.reactions;
            let own = reactions.get(&world.bot).and_then(|own| own.first());
            let own = own
                .and_then(|own| own["emoji"].as_str())
                .unwrap_or_default();
            (own == emoji).then_some(())
        })
        .await;
    }

    /// Waits until a poll of the bot waits for updates.
    pub async fn until_polling(&self) {
        self.until("the bot polls", |world| {
            (world.updates.waiting > 0).then_some(())
        })
        .await;
    }

    /// Whether all updates are acknowledged.
    pub fn has_acknowledged_all(&self) -> bool {
        self.shared.lock().updates.queue.is_empty()
    }

    /// Waits until the bot has acknowledged all updates.
    pub async fn until_acknowledged(&self) {
        self.until("all updates are acknowledged", |world| {
            world.updates.queue.is_empty().then_some(())
        })
        .await;
    }
}

fn said_by_bot(world: &World, chat: i64) -> Vec<Message> {
    let messages = world
        .chats
        .get(&chat)
        .into_iter()
        .flat_map(|chat| chat.messages.values());
    let is_said = |message: &&Message| {
        let is_event =
            message.text.is_empty() && message.files.is_empty() && message.rich.is_none();
        message.author == Some(world.bot) && !is_event
    };
    messages.filter(is_said).cloned().collect()
}
