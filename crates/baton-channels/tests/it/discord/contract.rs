//! The contracts of all channels and of all connectors, on Discord.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use baton_channels::discord::open_channel;
use baton_chat::ChatChannel;
use baton_chat::chat_settings::{Answering, PlaceScope, PlaceSettings, Trigger};
use baton_chat::connector::ChatId;
use baton_core::channel::Channel;
use baton_core::place::Place;
use baton_testkit::channel_contract::{Guarantee, PERSONA, Rig, Seen, holds};
use baton_testkit::connector_contract::{self, ConnectorRig, OptionalCheck};
use baton_testkit::discord::{Discord, Fault, Held, Message, Snowflake};
use serde_json::json;

use super::bot;

struct BotRig {
    discord: Discord,
    server: Snowflake,
    channel: Snowflake,
    ann: Snowflake,
    /// The Discord ids of the suite's messages.
    written: Mutex<BTreeMap<String, Snowflake>>,
}

impl BotRig {
    async fn new() -> Self {
        let discord = Discord::start().await;
        let server = discord.server("Makers");
        let channel = discord.channel(server, "general");
        let ann = discord.person("ann");
        discord.join(server, ann, &[]);
        Self {
            discord,
            server,
            channel,
            ann,
            written: Mutex::default(),
        }
    }

    fn written(&self, id: &str) -> Option<Snowflake> {
        self.written.lock().unwrap().get(id).copied()
    }
}

#[async_trait]
impl Rig for BotRig {
    async fn channel(&self) -> Arc<dyn Channel> {
        let mut settings = bot::settings(&self.discord);
        settings.chat.places.push(PlaceSettings {
            scope: PlaceScope::Chat(bot::id(self.channel)),
            answering: Answering {
                trigger: Trigger::Every,
                ..Answering::by(PERSONA)
            },
        });
        Arc::new(open_channel(settings).unwrap())
    }

    fn guarantee(&self) -> Guarantee {
        Guarantee::Once
    }

    fn place(&self) -> Place {
        Place {
            channel: "discord".into(),
            account: "default".into(),
            address: self.channel.to_string(),
        }
    }

    async fn write(&self, id: &str, text: &str) {
        self.discord.until_connected().await;
        if let Some(before) = self.written(id) {
            // Discord sends the same message again.
            let message = self.discord.message(self.channel, before).unwrap();
            let event = json!({
                "id": before.to_string(),
                "channel_id": self.channel.to_string(),
                "guild_id": self.server.to_string(),
                "author": { "id": self.ann.to_string(), "username": "ann" },
                "content": message.content,
                "type": 0,
            });
            self.discord.send_event("MESSAGE_CREATE", event);
            return;
        }
        let written = self.discord.say(self.channel, self.ann, text);
        self.written.lock().unwrap().insert(id.to_owned(), written);
    }

    /// Discord has no acknowledgements, so a reply proves that Baton has the message.
    fn is_acknowledged(&self, id: &str) -> bool {
        let written = self.written(id);
        let messages = self.discord.messages(self.channel);
        written.is_some() && messages.iter().any(|message| message.reply_to == written)
    }

    async fn until_acknowledged(&self, id: &str) {
        let written = self.written(id);
        self.discord
            .until_said(self.channel, |message| message.reply_to == written)
            .await;
    }

    async fn until_seen(&self, count: usize) -> Vec<Seen> {
        let seen = self.discord.until_bot_said(self.channel, count).await;
        let seen = seen.into_iter().map(|message| Seen {
            text: message.content,
            marked: false,
        });
        seen.collect()
    }
}

#[tokio::test]
async fn discord_holds_to_the_contract() {
    holds(BotRig::new).await;
}

/// Two channels of one server. Discord knows no acknowledgments, and announces no gaps: Baton finds them at the start
/// of a session.
struct TwoChannelsRig {
    bot: BotRig,
    other: Snowflake,
}

impl TwoChannelsRig {
    async fn new() -> Self {
        let bot = BotRig::new().await;
        let other = bot.discord.channel(bot.server, "random");
        Self { bot, other }
    }

    fn snowflake(&self, chat: &ChatId) -> Snowflake {
        let channels = [self.bot.channel, self.other].into_iter();
        let mut channels = channels.filter(|channel| bot::id::<ChatId>(*channel) == *chat);
        channels.next().unwrap()
    }
}

#[async_trait]
impl ConnectorRig for TwoChannelsRig {
    async fn channel(&self) -> Arc<ChatChannel> {
        let mut settings = bot::settings(&self.bot.discord);
        let places = self.chats().map(|chat| PlaceSettings {
            scope: PlaceScope::Chat(chat),
            answering: Answering {
                trigger: Trigger::Every,
                ..Answering::by(connector_contract::PERSONA)
            },
        });
        settings.chat.places.extend(places);
        Arc::new(open_channel(settings).unwrap())
    }

    fn chats(&self) -> [ChatId; 2] {
        [bot::id(self.bot.channel), bot::id(self.other)]
    }

    async fn write(&self, chat: &ChatId, text: &str) {
        self.bot.discord.until_connected().await;
        let channel = self.snowflake(chat);
        self.bot.discord.say(channel, self.bot.ann, text);
    }

    async fn until_said(&self, chat: &ChatId, text: &str) -> Vec<String> {
        let (discord, channel) = (&self.bot.discord, self.snowflake(chat));
        let us = discord.bot();
        let is_ours = |message: &Message| message.author == us;
        discord
            .until_said(channel, |message| {
                is_ours(message) && message.content == text
            })
            .await;
        let messages = discord.messages(channel).into_iter();
        messages
            .filter(is_ours)
            .map(|message| message.content)
            .collect()
    }

    async fn lose_next_answer(&self) -> bool {
        self.bot
            .discord
            .fail_next("create_message", 1, Fault::LoseAnswer);
        true
    }

    async fn refuse_send(&self, number: usize) -> bool {
        let passed = Held::default();
        passed.release();
        let fail = |times, fault| self.bot.discord.fail_next("create_message", times, fault);
        fail(number - 1, Fault::Hold(passed));
        fail(1, Fault::Error(403, 50_013, "Missing Permissions"));
        true
    }
}

#[tokio::test]
async fn discord_holds_to_the_contract_of_connectors() {
    let left_out = connector_contract::holds(TwoChannelsRig::new).await;
    let expected = [
        OptionalCheck::RepeatedBatch,
        OptionalCheck::Acknowledgment,
        OptionalCheck::Gap,
        OptionalCheck::GapOfEarlierProcess,
        OptionalCheck::MovedChat,
        OptionalCheck::NamedThreads,
    ];
    assert_eq!(
        left_out, expected,
        "Discord gives no batches, moves no chat, and knows the ids of its threads"
    );
}
