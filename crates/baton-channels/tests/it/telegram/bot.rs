//! Baton with a bot on a fake Telegram.

use std::sync::Arc;

use baton_channels::telegram::{TelegramSettings, open_channel};
use baton_chat::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings, Trigger};
use baton_chat::connector::ConnectionStates;
use baton_core::agent::Agent;
use baton_core::clock::{Clock, SystemClock};
use baton_core::delivery::DeliveryState;
use baton_core::files::{FileLimits, Files};
use baton_core::name::ExternalId;
use baton_core::persona::Persona;
use baton_core::runtime::{Limits, Parts, Runtime};
use baton_core::store::{DeadLetter, Store};
use baton_store::sqlite::Sqlite;
use baton_testkit::agent_run::within;
use baton_testkit::telegram::{Message, Telegram};
use tempfile::TempDir;

/// The persona that answers.
pub(crate) const BOB: &str = "bob";

/// A group with one person and a bot, and the private chat of the two. The bot answers every message.
pub(crate) struct Bot {
    pub(crate) telegram: Telegram,
    pub(crate) group: i64,
    pub(crate) ann: i64,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) limits: Limits,
    pub(crate) settings: TelegramSettings,
    /// The connections of the latest run.
    pub(crate) connections: ConnectionStates,
    agent: Arc<dyn Agent>,
    clock: Arc<dyn Clock>,
    folder: TempDir,
    runtime: Option<Runtime>,
}

/// Settings for the fake Telegram, without any place.
pub(crate) fn settings(telegram: &Telegram) -> TelegramSettings {
    TelegramSettings {
        server: telegram.url().parse().unwrap(),
        ..TelegramSettings::new(telegram.token(), ChatSettings::new(SystemClock::shared()))
    }
}

/// A chat in which the persona answers every message.
pub(crate) fn place(chat: &str, persona: &str) -> PlaceSettings {
    PlaceSettings {
        scope: PlaceScope::Chat(chat.into()),
        answering: Answering {
            trigger: Trigger::Every,
            ..Answering::by(persona)
        },
    }
}

impl Bot {
    /// A bot that does not run yet.
    pub(crate) async fn new(agent: Arc<dyn Agent>) -> Self {
        Self::on(SystemClock::shared(), agent).await
    }

    /// Like [`Self::new`], on a clock shared with the fake Telegram.
    pub(crate) async fn on(clock: Arc<dyn Clock>, agent: Arc<dyn Agent>) -> Self {
        let telegram = Telegram::start_with(Arc::clone(&clock)).await;
        telegram.set_reads_all(true);
        let ann = telegram.person("Ann");
        let group = telegram.forum("Makers", &[ann]);
        let mut settings = settings(&telegram);
        settings.chat.clock = Arc::clone(&clock);
        settings.chat.places.push(place(&group.to_string(), BOB));
        settings.chat.direct = Some(Answering {
            trigger: Trigger::Every,
            ..Answering::by(BOB)
        });
        let folder = tempfile::tempdir().unwrap();
        Self {
            store: open(&folder, &clock),
            telegram,
            group,
            ann,
            limits: Limits::default(),
            settings,
            connections: ConnectionStates::default(),
            agent,
            clock,
            folder,
            runtime: None,
        }
    }

    /// A running bot, connected to the fake Telegram.
    pub(crate) async fn started(agent: Arc<dyn Agent>) -> Self {
        let mut bot = Self::new(agent).await;
        bot.start().await;
        bot
    }

    /// The settings of the group.
    pub(crate) fn answering(&mut self) -> &mut Answering {
        &mut self.settings.chat.places[0].answering
    }

    pub(crate) async fn start(&mut self) {
        self.begin().await;
        self.telegram.until_polling().await;
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
            personas: vec![Persona::new(BOB, "agent")],
            files: Some(Arc::new(files)),
            speech: None,
            limits: self.limits.clone(),
        };
        self.runtime = Some(Runtime::start(parts).await.unwrap());
    }

    /// Stops the bot like a killed process: Baton says nothing and writes nothing.
    pub(crate) fn kill(&mut self) {
        drop(self.runtime.take());
        self.store = open(&self.folder, &self.clock);
    }

    /// Waits for a fatal error, and returns its text.
    pub(crate) async fn failed(&mut self) -> String {
        let runtime = self.runtime.as_mut().unwrap();
        within("it fails", runtime.failed()).await.to_string()
    }

    /// Ann writes a message in the group.
    pub(crate) fn say(&self, text: &str) -> i64 {
        self.telegram.say(self.group, self.ann, text)
    }

    /// The private chat of Ann and the bot.
    pub(crate) fn private(&self) -> i64 {
        self.telegram.private(self.ann)
    }

    /// Waits until Baton has stored the outcome of each reply, so that a kill leaves no doubt about a reply.
    pub(crate) async fn until_settled(&self) {
        let settled = async {
            let mut changes = self.store.changes();
            loop {
                let counts = self.store.counts().await.unwrap();
                let open = [DeliveryState::Waiting, DeliveryState::Sending];
                if open.iter().all(|state| counts.deliveries_in(*state) == 0) {
                    return;
                }
                let _ = changes.recv().await;
            }
        };
        within("all replies are settled", settled).await;
    }

    /// Waits for a message or a reply that is dead.
    pub(crate) async fn until_dead(&self) -> DeadLetter {
        let dead = async {
            let mut changes = self.store.changes();
            loop {
                if let Some(dead) = self.store.dead(1).await.unwrap().pop() {
                    return dead;
                }
                // A receiver that missed changes reads the state again.
                let _ = changes.recv().await;
            }
        };
        within("something is dead", dead).await
    }

    /// Waits until the stored message has this text.
    pub(crate) async fn until_kept(&self, chat: i64, message: i64, text: &str) {
        let kept = async {
            let mut changes = self.store.changes();
            loop {
                let kept = self.kept(chat, message).await;
                if kept.is_some_and(|kept| kept.text == text) {
                    return;
                }
                let _ = changes.recv().await;
            }
        };
        within("the message has its new text", kept).await;
    }

    /// The stored message.
    pub(crate) async fn kept(
        &self,
        chat: i64,
        message: i64,
    ) -> Option<baton_core::message::Message> {
        let (channel, account) = ("telegram".into(), "default".into());
        let id = ExternalId::within(&chat.to_string(), &message.to_string());
        let store = &self.store;
        let found = store.message_by_external_id(&channel, &account, &id);
        found.await.unwrap()
    }

    /// Waits for `count` messages of the bot in the group, and returns the messages.
    pub(crate) async fn said(&self, count: usize) -> Vec<Message> {
        self.telegram.until_bot_said(self.group, count).await
    }
}

/// The texts of messages.
pub(crate) fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|it| it.text.as_str()).collect()
}

fn open(folder: &TempDir, clock: &Arc<dyn Clock>) -> Arc<dyn Store> {
    Arc::new(Sqlite::open(&folder.path().join("baton.db"), Arc::clone(clock)).unwrap())
}
