//! A scripted day: many people in many channels, and most of what can go wrong.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_channels::discord::{Answering, Covers, PlaceSettings, Trigger};
use baton_core::message::MessageState;
use baton_testkit::discord::{Fault, Message, Snowflake};
use baton_testkit::scripted_agent::scripted;

use super::bot::{self, BOB, Bot};

const SERVERS: usize = 3;
const CHANNELS: usize = 20;
const PEOPLE: usize = 60;
const MESSAGES: usize = 2_000;
const BURSTS: usize = 8;

/// What was written, by channel, in order.
struct Day {
    channels: Vec<Snowflake>,
    people: Vec<Snowflake>,
    written: BTreeMap<Snowflake, Vec<String>>,
    count: usize,
}

impl Day {
    /// Some channels more than others, as it is.
    fn burst(&mut self, bot: &Bot) {
        for _ in 0..MESSAGES / BURSTS {
            let n = self.count;
            self.count += 1;
            let channel = self.channels[(n * n + n / 7) % CHANNELS];
            let text = format!("message {n}");
            let person = self.people[n % PEOPLE];
            bot.discord.say(channel, person, &text);
            self.written.entry(channel).or_default().push(text);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_with_three_servers_and_sixty_people() {
    let (agent, mut script) = scripted();
    let record = script.record().clone();
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = Duration::from_millis(20);
    bot.limits.retry.longest_pause = Duration::from_millis(200);
    let mut servers = vec![bot.server];
    for n in 1..SERVERS {
        let server = bot.discord.server(&format!("Server {n}"));
        bot.settings.places.push(PlaceSettings {
            covers: Covers::Server(bot::id(server)),
            answering: Answering {
                trigger: Trigger::Every,
                ..Answering::by(BOB)
            },
        });
        servers.push(server);
    }
    let channels =
        (0..CHANNELS).map(|n| bot.discord.channel(servers[n % SERVERS], &format!("c{n}")));
    let people = (0..PEOPLE).map(|n| {
        let person = bot.discord.person(&format!("person {n}"));
        for server in &servers {
            bot.discord.join(*server, person, &[]);
        }
        person
    });
    let mut day = Day {
        channels: channels.collect(),
        people: people.collect(),
        written: BTreeMap::new(),
        count: 0,
    };
    bot.start().await;

    // One turn in each channel, all at once: no conversation waits for another.
    for (n, channel) in day.channels.clone().into_iter().enumerate() {
        let text = format!("good morning {n}");
        bot.discord.say(channel, day.people[n], &text);
        day.written.entry(channel).or_default().push(text);
    }
    let mut turns = Vec::new();
    for _ in 0..CHANNELS {
        turns.push(script.next_turn().await);
    }
    assert!(record.most_at_once() >= CHANNELS);
    for turn in turns {
        let text = turn.texts().join("");
        turn.reply(text);
    }
    let answers = tokio::spawn(async move {
        loop {
            let turn = script.next_turn().await;
            let text = turn.texts().join("");
            turn.reply(text);
        }
    });

    day.burst(&bot);
    // A connection that drops, and is resumed.
    bot.discord.drop_sockets(None);
    day.burst(&bot);
    day.burst(&bot);
    // The process is killed, and people write on.
    bot.kill().await;
    day.burst(&bot);
    bot.start().await;
    day.burst(&bot);
    // A session that ends while people write.
    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    bot.discord.until_disconnected().await;
    day.burst(&bot);
    bot.discord.forget_sessions();
    bot.discord.set_gateway_down(false);
    bot.discord.until_connected().await;
    // Discord takes nothing for a while.
    bot.discord.fail("create_message", Fault::Status(503));
    day.burst(&bot);
    bot.discord.until_asked("create_message", 10).await;
    bot.discord.recover();
    day.burst(&bot);

    for (channel, written) in &day.written {
        let us = bot.discord.bot();
        let answers = |messages: &[Message]| -> Vec<String> {
            let ours = messages.iter().filter(|message| message.author == us);
            let answers = ours.filter(|message| message.reply_to.is_some());
            answers.map(|message| message.content.clone()).collect()
        };
        let whole = |messages: &[Message]| answers(messages).len() >= written.len();
        let said = bot.discord.until_messages(*channel, whole).await;
        assert_eq!(answers(&said), *written, "once each, and in order");
    }
    assert_eq!(record.overlapped(), [], "one turn at a time in each");
    let counts = bot.store.counts().await.unwrap();
    let received = u64::try_from(MESSAGES + CHANNELS).unwrap();
    assert_eq!(counts.received(), received);
    assert_eq!(counts.messages_in(MessageState::Answered), received);
    answers.abort();
    bot.stop().await;
}
