//! The state as people see it, now and after a wait.

use super::Discord;
use super::rest::Asked;
use super::snowflake::Snowflake;
use super::world::{Message, World};
use crate::agent_run::within;

/// The time for which Discord shows a user as typing after each request.
const TYPING_SHOWN: std::time::Duration = std::time::Duration::from_secs(10);

impl Discord {
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

    /// The messages of a channel, oldest first, without messages to one person only.
    pub fn messages(&self, channel: Snowflake) -> Vec<Message> {
        let world = self.shared.lock();
        let messages = world.channel(channel).messages.values();
        messages
            .filter(|message| message.only_for.is_none())
            .cloned()
            .collect()
    }

    /// The messages of a channel that only this person sees.
    pub fn messages_only_for(&self, channel: Snowflake, user: Snowflake) -> Vec<Message> {
        let world = self.shared.lock();
        let messages = world.channel(channel).messages.values();
        messages
            .filter(|message| message.only_for == Some(user))
            .cloned()
            .collect()
    }

    /// A message by its id.
    pub fn message(&self, channel: Snowflake, id: Snowflake) -> Option<Message> {
        self.shared
            .lock()
            .channels
            .get(&channel)?
            .messages
            .get(&id)
            .cloned()
    }

    /// Waits for a message that `like` accepts, and returns the oldest one. Messages to one person only are
    /// included.
    pub async fn until_said(&self, channel: Snowflake, like: impl Fn(&Message) -> bool) -> Message {
        self.until("a message like that", |world| {
            let messages = world.channels.get(&channel)?.messages.values();
            messages.into_iter().find(|message| like(message)).cloned()
        })
        .await
    }

    /// Waits until the channel has `times` messages of the bot, and returns them.
    pub async fn until_bot_said(&self, channel: Snowflake, times: usize) -> Vec<Message> {
        self.until(&format!("{times} messages of the bot"), |world| {
            let messages = world.channels.get(&channel)?.messages.values();
            let own: Vec<Message> = messages
                .filter(|message| message.author == world.bot)
                .cloned()
                .collect();
            (own.len() >= times).then_some(own)
        })
        .await
    }

    /// Waits until `wanted` accepts the list of all messages in a channel.
    pub async fn until_messages(
        &self,
        channel: Snowflake,
        wanted: impl Fn(&[Message]) -> bool,
    ) -> Vec<Message> {
        self.until("the messages are as wanted", |world| {
            let messages: Vec<Message> = world
                .channels
                .get(&channel)?
                .messages
                .values()
                .cloned()
                .collect();
            wanted(&messages).then_some(messages)
        })
        .await
    }

    /// Waits until the bot's reaction with this emoji is present (true) or absent.
    pub async fn until_reaction(
        &self,
        channel: Snowflake,
        message: Snowflake,
        emoji: &str,
        there: bool,
    ) {
        self.until(&format!("{emoji} is there: {there}"), |world| {
            let users = world
                .channel(channel)
                .messages
                .get(&message)?
                .reactions
                .get(emoji);
            let found = users.is_some_and(|users| users.contains(&world.bot));
            (found == there).then_some(())
        })
        .await;
    }

    /// Whether the bot is shown as typing: requested less than 10 seconds ago, and without a message since.
    pub fn is_typing(&self, channel: Snowflake) -> bool {
        let world = self.shared.lock();
        let since = world.channel(channel).typing.get(&world.bot);
        since.is_some_and(|&since| world.clock.steady().since(since) < TYPING_SHOWN)
    }

    /// Waits until the bot types in a channel.
    pub async fn until_typing(&self, channel: Snowflake) {
        self.until("the bot types", |world| {
            world
                .channels
                .get(&channel)?
                .typing
                .get(&world.bot)
                .map(|_| ())
        })
        .await;
    }

    /// Waits for the thread of a message.
    pub async fn until_thread(&self, message: Snowflake) -> Snowflake {
        self.until("a thread of that message", |world| {
            world.channels.get(&message).map(|thread| thread.id)
        })
        .await
    }

    /// The threads of a channel, oldest first.
    pub fn threads(&self, channel: Snowflake) -> Vec<Snowflake> {
        let world = self.shared.lock();
        let threads = world
            .channels
            .values()
            .filter(|thread| thread.parent == Some(channel));
        threads.map(|thread| thread.id).collect()
    }

    /// The name of a channel or thread.
    pub fn name_of(&self, channel: Snowflake) -> String {
        self.shared.lock().channel(channel).name.clone()
    }

    /// Whether a thread is archived.
    pub fn is_archived(&self, thread: Snowflake) -> bool {
        let world = self.shared.lock();
        world
            .channel(thread)
            .thread
            .as_ref()
            .is_some_and(|thread| thread.archived)
    }

    /// Waits until `times` requests of an operation have arrived, and returns them. The operation is its id
    /// in Discord's description.
    pub async fn until_asked(&self, operation: &str, times: usize) -> Vec<Asked> {
        self.until(&format!("{operation} is asked {times} times"), |world| {
            let asked = world
                .asked
                .iter()
                .filter(|asked| asked.operation == operation);
            let asked: Vec<Asked> = asked.cloned().collect();
            (asked.len() >= times).then_some(asked)
        })
        .await
    }

    /// Waits until a bot is connected to the gateway with a session.
    pub async fn until_connected(&self) {
        self.until_shards(1).await;
    }

    /// Waits until `count` shards are connected at once.
    pub async fn until_shards(&self, count: usize) {
        let enough = |world: &World| (world.gateway.connected() >= count).then_some(());
        self.until(&format!("{count} shards are connected"), enough)
            .await;
    }

    /// Waits until `times` sessions were started by Identify, in total.
    pub async fn until_identified(&self, times: u64) {
        let enough = |world: &World| (world.gateway.begun() >= times).then_some(());
        self.until(&format!("{times} sessions are begun"), enough)
            .await;
    }

    /// Waits until `times` sessions were resumed, in total.
    pub async fn until_resumed(&self, times: u64) {
        let enough = |world: &World| (world.gateway.resumed >= times).then_some(());
        self.until(&format!("{times} sessions are resumed"), enough)
            .await;
    }

    /// Waits until `times` heartbeats have arrived, in total.
    pub async fn until_heartbeats(&self, times: u64) {
        let enough = |world: &World| (world.gateway.heartbeats >= times).then_some(());
        self.until(&format!("{times} heartbeats"), enough).await;
    }

    /// Waits until no bot is connected to the gateway.
    pub async fn until_disconnected(&self) {
        let nobody = |world: &World| (world.gateway.connected() == 0).then_some(());
        self.until("nobody is connected", nobody).await;
    }
}
