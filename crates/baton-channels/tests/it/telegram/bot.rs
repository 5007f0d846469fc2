//! Baton with a bot on a fake Telegram.

use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use baton_channels::telegram::{TelegramSettings, open_channel};
use baton_chat::chat_settings::{Answering, ChatSettings, PlaceScope, PlaceSettings, Trigger};
use baton_core::agent::{Agent, Reply};
use baton_core::clock::{Clock, SystemClock};
use baton_core::message::Message as StoredMessage;
use baton_core::name::ExternalId;
use baton_testkit::scripted_agent::answering;
use baton_testkit::telegram::{Message, Telegram};

pub(crate) use crate::chat_baton::BOB;
use crate::chat_baton::{ChatBaton, answering_all};

/// The first character of a progress message.
const PROGRESS: char = '⏳';

/// A group with one person and a bot, and the private chat of the two. The bot answers every message.
pub(crate) struct Bot {
    pub(crate) telegram: Telegram,
    pub(crate) group: i64,
    pub(crate) ann: i64,
    pub(crate) settings: TelegramSettings,
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
        Self::with_clock(SystemClock::shared(), agent).await
    }

    /// Like [`Self::new`], on a clock shared with the fake Telegram.
    pub(crate) async fn with_clock(clock: Arc<dyn Clock>, agent: Arc<dyn Agent>) -> Self {
        let telegram = Telegram::start_with(Arc::clone(&clock)).await;
        telegram.set_reads_all(true);
        let ann = telegram.person("Ann");
        let group = telegram.forum("Makers", &[ann]);
        let mut settings = settings(&telegram);
        settings.chat.clock = Arc::clone(&clock);
        settings.chat.places.push(place(&group.to_string(), BOB));
        settings.chat.direct = Some(answering_all());
        Self {
            telegram,
            group,
            ann,
            settings,
            baton: ChatBaton::new("telegram", clock, agent),
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
        self.start_unconnected().await;
        self.telegram.until_polling().await;
    }

    /// Starts the bot without waiting for the connection.
    pub(crate) async fn start_unconnected(&mut self) {
        let channel = open_channel(self.settings.clone()).unwrap();
        self.baton.run(channel).await;
    }

    /// Ann writes a message in the group.
    pub(crate) fn say(&self, text: &str) -> i64 {
        self.telegram.say(self.group, self.ann, text)
    }

    /// The private chat of Ann and the bot.
    pub(crate) fn private(&self) -> i64 {
        self.telegram.private(self.ann)
    }

    /// Waits until the stored message has this text.
    pub(crate) async fn until_kept(&self, chat: i64, message: i64, text: &str) {
        let id = message_id(chat, message);
        self.until_kept_as(&id, |kept| kept.text == text).await;
    }

    /// The stored message.
    pub(crate) async fn kept(&self, chat: i64, message: i64) -> Option<StoredMessage> {
        self.kept_as(&message_id(chat, message)).await
    }

    /// Waits for `count` messages of the bot in the group, and returns the messages. Progress messages do not count: on
    /// a slow machine, a quick turn can have one too.
    pub(crate) async fn said(&self, count: usize) -> Vec<Message> {
        let us = Some(self.telegram.bot());
        let is_said = |it: &&Message| {
            let is_notice = it.text.is_empty() && it.files.is_empty() && it.rich.is_none();
            it.author == us && !is_notice && !it.text.starts_with(PROGRESS)
        };
        let enough = |messages: &[Message]| messages.iter().filter(is_said).count() >= count;
        let messages = self.telegram.until_messages(self.group, enough).await;
        messages.iter().filter(is_said).cloned().collect()
    }
}

/// An agent that answers each message with its own text.
pub(crate) fn echo_agent() -> Arc<dyn Agent> {
    answering(|turn| Ok(Reply::text(turn.prompt()))).0
}

/// The texts of messages.
pub(crate) fn texts(messages: &[Message]) -> Vec<&str> {
    messages.iter().map(|it| it.text.as_str()).collect()
}

/// The id of a message in the store.
fn message_id(chat: i64, message: i64) -> ExternalId {
    ExternalId::within(&chat.to_string(), &message.to_string())
}
