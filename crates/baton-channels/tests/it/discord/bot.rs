//! Baton with a bot on a fake Discord.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use baton_channels::discord::{DiscordSettings, open_channel};
use baton_chat::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings};
use baton_core::agent::Agent;
use baton_core::clock::{Clock, SystemClock};
use baton_core::message::Message as StoredMessage;
use baton_testkit::discord::{Discord, Message, Snowflake};

pub(crate) use crate::chat_baton::BOB;
use crate::chat_baton::{ChatBaton, answering_all};

/// A server with one channel, one person, and a bot that answers every message.
pub(crate) struct Bot {
    pub(crate) discord: Discord,
    pub(crate) server: Snowflake,
    pub(crate) channel: Snowflake,
    pub(crate) ann: Snowflake,
    pub(crate) settings: DiscordSettings,
    baton: ChatBaton,
}

impl Deref for Bot {
    type Target = ChatBaton;

    fn deref(&self) -> &ChatBaton {
        &self.baton
    }
}

impl DerefMut for Bot {
    fn deref_mut(&mut self) -> &mut ChatBaton {
        &mut self.baton
    }
}

/// The id, in the form of the settings.
pub(crate) fn id<T: From<String>>(id: Snowflake) -> T {
    id.to_string().into()
}

/// Settings for the fake Discord, without any place.
pub(crate) fn settings(discord: &Discord) -> DiscordSettings {
    DiscordSettings {
        api: format!("{}/api/v10", discord.rest_url()).parse().unwrap(),
        gateway: Some(discord.gateway_url().parse().unwrap()),
        ..DiscordSettings::new(discord.token(), ChatSettings::new(SystemClock::shared()))
    }
}

impl Bot {
    /// A bot that does not run yet.
    pub(crate) async fn new(agent: Arc<dyn Agent>) -> Self {
        Self::with_clock(SystemClock::shared(), agent).await
    }

    /// Like [`Self::new`], on a clock shared with the fake Discord.
    pub(crate) async fn with_clock(clock: Arc<dyn Clock>, agent: Arc<dyn Agent>) -> Self {
        let discord = Discord::start_with(Arc::clone(&clock)).await;
        let server = discord.server("Makers");
        let channel = discord.channel(server, "general");
        let ann = discord.person("ann");
        discord.join(server, ann, &[]);
        let mut settings = settings(&discord);
        settings.chat.clock = Arc::clone(&clock);
        settings.chat.places.push(PlaceSettings {
            scope: PlaceScope::Workspace(id(server)),
            answering: answering_all(),
        });
        Self {
            discord,
            server,
            channel,
            ann,
            settings,
            baton: ChatBaton::new("discord", clock, agent),
        }
    }

    /// A running bot, connected to the fake Discord.
    pub(crate) async fn started(agent: Arc<dyn Agent>) -> Self {
        let mut bot = Self::new(agent).await;
        bot.start().await;
        bot
    }

    /// The settings of the only place.
    pub(crate) fn answering(&mut self) -> &mut Answering {
        &mut self.settings.chat.places[0].answering
    }

    pub(crate) async fn start(&mut self) {
        self.start_unconnected().await;
        self.discord.until_connected().await;
    }

    /// Starts the bot without waiting for the connection.
    pub(crate) async fn start_unconnected(&mut self) {
        let channel = open_channel(self.settings.clone()).unwrap();
        self.baton.run(channel).await;
    }

    /// Stops the bot like a killed process: Baton says nothing and writes nothing.
    pub(crate) async fn kill(&mut self) {
        self.end_run();
        self.discord.until_disconnected().await;
        self.reopen_store();
    }

    /// Kills the bot, and gives the next run an empty data folder.
    pub(crate) async fn kill_and_forget(&mut self) {
        self.kill().await;
        self.forget();
    }

    /// Ann writes a message.
    pub(crate) fn say(&self, text: &str) -> Snowflake {
        self.discord.say(self.channel, self.ann, text)
    }

    /// The stored message.
    pub(crate) async fn kept(&self, message: Snowflake) -> Option<StoredMessage> {
        self.kept_as(&id(message)).await
    }

    /// Waits until the message is stored like that.
    pub(crate) async fn until_kept(
        &self,
        message: Snowflake,
        like: impl Fn(&StoredMessage) -> bool,
    ) {
        self.until_kept_as(&id(message), like).await;
    }

    /// A new member of the server with these permissions.
    pub(crate) fn keeper(&self, name: &str, permissions: u64) -> Snowflake {
        let role = self.discord.role(self.server, "keepers", permissions);
        let keeper = self.discord.person(name);
        self.discord.join(self.server, keeper, &[role]);
        keeper
    }

    /// Another bot writes `count` messages, all not for the bot.
    pub(crate) fn others_talk(&self, count: usize) {
        let other = self.discord.other_bot("counter");
        for number in 0..count {
            self.discord.say(self.channel, other, &number.to_string());
        }
    }

    /// Waits for `count` messages of the bot in the channel, and returns the messages.
    pub(crate) async fn said(&self, count: usize) -> Vec<Message> {
        self.discord.until_bot_said(self.channel, count).await
    }
}

/// The texts of messages.
pub(crate) fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|it| it.content.as_str()).collect()
}
