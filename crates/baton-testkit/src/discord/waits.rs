//! What people see, now and when it comes.

use super::Discord;
use super::rest::Asked;
use super::snowflake::Snowflake;
use super::world::{Message, World};
use crate::agent_run::within;

/// How long Discord shows somebody as typing after each time that it was told so.
const TYPING_SHOWN: std::time::Duration = std::time::Duration::from_secs(10);

impl Discord {
    /// Waits until there is something, and brings it.
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

    /// The messages of a channel, oldest first, without those that only one person sees.
    pub fn messages(&self, channel: Snowflake) -> Vec<Message> {
        let world = self.shared.lock();
        let messages = world.channel(channel).messages.values();
        messages
            .filter(|message| message.only_for.is_none())
            .cloned()
            .collect()
    }

    /// Those that only one person sees.
    pub fn messages_only_for(&self, channel: Snowflake, user: Snowflake) -> Vec<Message> {
        let world = self.shared.lock();
        let messages = world.channel(channel).messages.values();
        messages
            .filter(|message| message.only_for == Some(user))
            .cloned()
            .collect()
    }

    /// One message.
    pub fn message(&self, channel: Snowflake, id: Snowflake) -> Option<Message> {
        self.shared
            .lock()
            .channels
            .get(&channel)?
            .messages
            .get(&id)
            .cloned()
    }

    /// Waits for a message like this in that channel, the oldest; those that only one person sees count.
    pub async fn until_said(&self, channel: Snowflake, like: impl Fn(&Message) -> bool) -> Message {
        self.until("a message like that", |world| {
            let messages = world.channels.get(&channel)?.messages.values();
            messages.into_iter().find(|message| like(message)).cloned()
        })
        .await
    }

    /// Waits until the bot has so many messages in that channel, and brings them.
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

    /// Waits until a channel's messages, all of them, are as wanted.
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

    /// Waits until the bot has put that emoji under a message (true), or has it there no more.
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

    /// Whether the bot is shown as typing there: it was told so less than 10 seconds ago, and the bot has
    /// not written since.
    pub fn is_typing(&self, channel: Snowflake) -> bool {
        let world = self.shared.lock();
        let since = world.channel(channel).typing.get(&world.bot);
        since.is_some_and(|&since| world.clock.steady().since(since) < TYPING_SHOWN)
    }

    /// Waits until the bot types there.
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

    /// The thread that belongs to a message, once there is one.
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

    /// Waits until something was asked over HTTP so often, by the operation's id in Discord's
    /// description; what was asked.
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

    /// Waits until a bot is connected to the gateway and was sent what there is.
    pub async fn until_connected(&self) {
        self.until_shards(1).await;
    }

    /// Waits until so many shards are connected at once.
    pub async fn until_shards(&self, count: usize) {
        let enough = |world: &World| (world.gateway.connected() >= count).then_some(());
        self.until(&format!("{count} shards are connected"), enough)
            .await;
    }

    /// Waits until sessions were begun by Identify so often, in all.
    pub async fn until_identified(&self, times: u64) {
        let enough = |world: &World| (world.gateway.begun() >= times).then_some(());
        self.until(&format!("{times} sessions are begun"), enough)
            .await;
    }

    /// Waits until sessions were resumed so often, in all.
    pub async fn until_resumed(&self, times: u64) {
        let enough = |world: &World| (world.gateway.resumed >= times).then_some(());
        self.until(&format!("{times} sessions are resumed"), enough)
            .await;
    }

    /// Waits until so many heartbeats came, in all.
    pub async fn until_heartbeats(&self, times: u64) {
        let enough = |world: &World| (world.gateway.heartbeats >= times).then_some(());
        self.until(&format!("{times} heartbeats"), enough).await;
    }

    /// Waits until nobody is connected to the gateway.
    pub async fn until_disconnected(&self) {
        let nobody = |world: &World| (world.gateway.connected() == 0).then_some(());
        self.until("nobody is connected", nobody).await;
    }
}
