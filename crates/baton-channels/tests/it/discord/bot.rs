//! Baton with a bot on a fake Discord.

use std::sync::Arc;

use baton_channels::discord::{DiscordSettings, open_channel};
use baton_chat::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings, Trigger};
use baton_chat::connector::ConnectionStates;
use baton_core::agent::Agent;
use baton_core::clock::{Clock, SystemClock};
use baton_core::files::{FileLimits, Files};
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::speech::Speech;
use baton_core::store::Store;
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;
use baton_testkit::discord::{Discord, Message, Snowflake};
use tempfile::TempDir;

/// The persona that answers.
pub(crate) const BOB: &str = "bob";

/// A server with one channel, one person, and a bot that answers every message.
pub(crate) struct Bot {
    pub(crate) discord: Discord,
    pub(crate) server: Snowflake,
    pub(crate) channel: Snowflake,
    pub(crate) ann: Snowflake,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) limits: Limits,
    pub(crate) settings: DiscordSettings,
    pub(crate) persona: Persona,
    pub(crate) speech: Option<Speech>,
    /// The connections of the latest run.
    pub(crate) connections: ConnectionStates,
    agent: Arc<dyn Agent>,
    clock: Arc<dyn Clock>,
    folder: TempDir,
    runtime: Option<Runtime>,
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
        Self::on(SystemClock::shared(), agent).await
    }

    /// Like [`Self::new`], on a clock shared with the fake Discord.
    pub(crate) async fn on(clock: Arc<dyn Clock>, agent: Arc<dyn Agent>) -> Self {
        let discord = Discord::start_with(Arc::clone(&clock)).await;
        let server = discord.server("Makers");
        let channel = discord.channel(server, "general");
        let ann = discord.person("ann");
        discord.join(server, ann, &[]);
        let mut settings = settings(&discord);
        settings.chat.clock = Arc::clone(&clock);
        settings.chat.places.push(PlaceSettings {
            scope: PlaceScope::Workspace(id(server)),
            answering: Answering {
                trigger: Trigger::Every,
                ..Answering::by(BOB)
            },
        });
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: open(&folder, &clock),
            discord,
            server,
            channel,
            ann,
            limits: Limits::default(),
            settings,
            persona: Persona::new(BOB, "agent"),
            speech: None,
            connections: ConnectionStates::default(),
            agent,
            clock,
            folder,
            runtime: None,
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
        self.begin().await;
        self.discord.until_connected().await;
    }

    /// Starts the bot without waiting for the connection.
    pub(crate) async fn begin(&mut self) {
        let channel = open_channel(self.settings.clone()).unwrap();
        self.connections = channel.connections();
        let files = Files::new(self.folder.path().join("files"), FileLimits::default());
        let parts = Parts {
            store: Arc::clone(&self.store),
            clock: Arc::clone(&self.clock),
            agents: vec![("agent".into(), Arc::clone(&self.agent), 32)],
            channels: vec![Arc::new(channel)],
            personas: vec![self.persona.clone()],
            files: Some(Arc::new(files)),
            speech: self.speech.clone(),
            limits: self.limits.clone(),
        };
        self.runtime = Some(Runtime::start(parts).await.unwrap());
    }

    /// Stops the bot like an operator.
    pub(crate) async fn stop(&mut self) {
        if let Some(runtime) = self.runtime.take() {
            within("it shuts down", runtime.shut_down()).await;
        }
        self.store = open(&self.folder, &self.clock);
    }

    /// Stops the bot like a killed process: Baton says nothing and writes nothing.
    pub(crate) async fn kill(&mut self) {
        drop(self.runtime.take());
        self.discord.until_disconnected().await;
        self.store = open(&self.folder, &self.clock);
    }

    /// Kills the bot, and gives the next run an empty data folder.
    pub(crate) async fn kill_and_forget(&mut self) {
        self.kill().await;
        self.folder = tempfile::tempdir().unwrap();
        self.store = open(&self.folder, &self.clock);
    }

    /// Waits for a fatal error, and returns its text.
    pub(crate) async fn failed(&mut self) -> String {
        let runtime = self.runtime.as_mut().unwrap();
        within("it fails", runtime.failed()).await.to_string()
    }

    /// Ann writes a message.
    pub(crate) fn say(&self, text: &str) -> Snowflake {
        self.discord.say(self.channel, self.ann, text)
    }

    /// The stored message.
    pub(crate) async fn kept(&self, message: Snowflake) -> Option<baton_core::message::Message> {
        let (channel, account) = ("discord".into(), "default".into());
        let id = message.to_string().into();
        let store = &self.store;
        let found = store.message_by_external_id(&channel, &account, &id);
        found.await.unwrap()
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

fn open(folder: &TempDir, clock: &Arc<dyn Clock>) -> Arc<dyn Store> {
    Arc::new(Sqlite::open(&folder.path().join("baton.db"), Arc::clone(clock)).unwrap())
}
