//! The contracts of all channels and of all connectors, on Telegram.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use baton_channels::telegram::open_channel;
use baton_chat::ChatChannel;
use baton_chat::connector::ChatId;
use baton_core::channel::Channel;
use baton_core::place::Place;
use baton_testkit::channel_contract::{Guarantee, PERSONA, Rig, Seen, holds};
use baton_testkit::connector_contract::{self, ConnectorRig, OptionalCheck};
use baton_testkit::telegram::{Fault, Message, Telegram};
use serde_json::{Value, json};

use super::bot::{place, settings};

/// The mark of a message that may be repeated.
const REPEATED: &str = "↻ Possibly repeated:\n\n";

fn without_mark(text: &str) -> &str {
    text.strip_prefix(REPEATED).unwrap_or(text)
}

/// Two groups with one person, and the bot.
struct TwoGroupsRig {
    telegram: Telegram,
    groups: [i64; 2],
    ann: i64,
    /// The numbers of the suite's messages.
    written: Mutex<BTreeMap<String, i64>>,
}

impl TwoGroupsRig {
    async fn new() -> Self {
        let telegram = Telegram::start().await;
        telegram.set_reads_all(true);
        let ann = telegram.person("Ann");
        let groups = ["Makers", "Readers"].map(|title| telegram.group(title, &[ann]));
        Self {
            telegram,
            groups,
            ann,
            written: Mutex::default(),
        }
    }

    fn open(&self) -> Arc<ChatChannel> {
        let mut settings = settings(&self.telegram);
        let places = self.groups.map(|group| place(&group.to_string(), PERSONA));
        settings.chat.places.extend(places);
        settings.chat.messages = 20;
        // The suite measures no limits.
        settings.limits.group_per_minute = 100;
        Arc::new(open_channel(settings).unwrap())
    }

    fn written(&self, id: &str) -> Option<i64> {
        self.written.lock().unwrap().get(id).copied()
    }

    fn number(chat: &ChatId) -> i64 {
        chat.as_str().parse().unwrap()
    }
}

#[async_trait]
impl Rig for TwoGroupsRig {
    async fn channel(&self) -> Arc<dyn Channel> {
        self.open()
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::AtLeastOnce
    }

    fn place(&self) -> Place {
        Place {
            channel: "telegram".into(),
            account: "default".into(),
            address: self.groups[0].to_string(),
        }
    }

    async fn write(&self, id: &str, text: &str) {
        if let Some(before) = self.written(id) {
            // Telegram sends the same message again.
            let message = self.telegram.message(self.groups[0], before).unwrap();
            self.telegram.send_update(json!({ "message": {
                "message_id": before,
                "date": message.date,
                "chat": { "id": self.groups[0], "type": "group", "title": "Makers" },
                "from": { "id": self.ann, "is_bot": false, "first_name": "Ann" },
                "text": message.text,
            }}));
            return;
        }
        let written = self.telegram.say(self.groups[0], self.ann, text);
        self.written.lock().unwrap().insert(id.to_owned(), written);
    }

    fn is_acknowledged(&self, id: &str) -> bool {
        self.written(id).is_some() && self.telegram.has_acknowledged_all()
    }

    async fn until_acknowledged(&self, _id: &str) {
        self.telegram.until_acknowledged().await;
    }

    async fn until_seen(&self, count: usize) -> Vec<Seen> {
        let seen = self.telegram.until_bot_said(self.groups[0], count).await;
        let seen = seen.into_iter().map(|message| {
            let text = message.text.strip_prefix(REPEATED);
            Seen {
                text: text.unwrap_or(&message.text).to_owned(),
                marked: text.is_some(),
            }
        });
        seen.collect()
    }
}

#[tokio::test]
async fn telegram_holds_to_the_contract() {
    holds(TwoGroupsRig::new).await;
}

#[async_trait]
impl ConnectorRig for TwoGroupsRig {
    async fn channel(&self) -> Arc<ChatChannel> {
        self.open()
    }

    fn chats(&self) -> [ChatId; 2] {
        self.groups.map(|group| group.to_string().into())
    }

    async fn write(&self, chat: &ChatId, text: &str) {
        self.telegram.say(Self::number(chat), self.ann, text);
    }

    async fn until_said(&self, chat: &ChatId, text: &str) -> Vec<String> {
        let us = Some(self.telegram.bot());
        let is_ours = |message: &Message| message.author == us;
        let group = Self::number(chat);
        self.telegram
            .until_said(group, |message| {
                is_ours(message) && without_mark(&message.text).trim() == text.trim()
            })
            .await;
        let messages = self.telegram.messages(group).into_iter();
        // The messages about moves are of the bot, too.
        let ours = messages.filter(|it| is_ours(it) && !it.text.is_empty());
        ours.map(|message| without_mark(&message.text).to_owned())
            .collect()
    }

    fn has_acknowledged_all(&self) -> Option<bool> {
        Some(self.telegram.has_acknowledged_all())
    }

    async fn until_acknowledged(&self) {
        self.telegram.until_acknowledged().await;
    }

    async fn refuse_send(&self, number: usize) -> bool {
        self.telegram.pass_next("sendMessage", number - 1);
        let refused = "Forbidden: bot was kicked from the group chat";
        let fault = Fault::Error(403, refused, Value::Null);
        self.telegram.fail_next("sendMessage", 1, fault);
        true
    }

    async fn move_chat(&self, chat: &ChatId) -> Option<ChatId> {
        let moved = self.telegram.migrate(Self::number(chat), self.ann);
        Some(moved.to_string().into())
    }

    async fn move_chat_at_send(&self, chat: &ChatId, number: usize) -> ChatId {
        let group = Self::number(chat);
        let moved = self
            .telegram
            .migrate_at(group, self.ann, "sendMessage", number);
        moved.to_string().into()
    }

    async fn report_moves(&self) {
        for group in self.groups {
            self.telegram.report_migration(group);
        }
    }
}

#[tokio::test]
async fn telegram_holds_to_the_contract_of_connectors() {
    let left_out = connector_contract::holds(TwoGroupsRig::new).await;
    let expected = [
        OptionalCheck::RepeatedBatch,
        OptionalCheck::Gap,
        OptionalCheck::GapOfEarlierProcess,
        OptionalCheck::LostAnswer,
        // The test of scenario 44 loses the answer to the creation of a topic.
        OptionalCheck::NamedThreads,
    ];
    assert_eq!(
        left_out, expected,
        "Telegram announces no gaps, and Baton cannot search its messages there"
    );
}
