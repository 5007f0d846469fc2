//! A scripted day with many people, many channels, and most possible faults.

use std::fmt::Write as _;

use baton_testkit::discord::{Discord, Ending, Fault, Message, Said, Snowflake, Step};
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::day_model::DayModel;
use crate::program::Home;

const SERVERS: usize = 3;
const CHANNELS: usize = 20;
const PEOPLE: usize = 60;
const MESSAGES: usize = 2_000;
/// The interval between messages with unusual fields.
const ODD: usize = 37;
/// The number of bursts after the first message in each channel.
const BURSTS: usize = 12;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_day_with_three_servers_and_sixty_people() {
    let discord = Discord::start().await;
    discord.add_entry_point();
    let model = DayModel::start().await;
    let mut day = Day::new(&discord);
    let home =
        Home::with(&day.configuration(&model, "morning")).env("DISCORD_TOKEN", discord.token());
    let baton = home.start();
    discord.until_connected().await;

    // One turn in each channel at once, because conversations do not wait for each other.
    model.hold(CHANNELS);
    for channel in 0..CHANNELS {
        day.write(channel);
    }
    model.until_held("morning", CHANNELS).await;
    day.write(0);
    day.edit_last(0);
    day.write(0);
    day.delete_last(0);
    day.write(0);
    // This message follows the edited and deleted ones, so Baton has handled them when it has its mark.
    let (last, _) = *day.written[0].last().unwrap();
    discord
        .until_reaction(day.channels[0], last, "⏳", true)
        .await;
    model.hold(0);

    day.burst();
    // A connection is lost and resumed.
    discord.drop_sockets(None);
    day.burst();
    discord.until_resumed(1).await;
    meet_failing_connections(&discord, &mut day).await;
    for told in odd_limits() {
        discord.fail_next("create_message", 10, told);
    }
    day.burst();
    // A session ends while people write.
    discord.set_gateway_down(true);
    discord.drop_sockets(None);
    discord.until_disconnected().await;
    day.burst();
    discord.forget_sessions();
    discord.set_gateway_down(false);
    discord.until_identified(3).await;
    day.burst();

    // Discord refuses all requests, first with an error and then by cut connections. The gateway still
    // reports new messages. Baton has fetched all missed messages before.
    day.until_begun(&model).await;
    let looked = day.asked("list_messages");
    discord.fail_next("*", 100, Fault::Status(503));
    discord.fail("*", Fault::Cut);
    let before = discord.asked().len();
    day.burst();
    day.until_begun(&model).await;
    // Each delivery first searches for an earlier copy.
    discord.until_asked("list_messages", looked + 150).await;
    for asked in &discord.asked()[before..] {
        assert!([503, 0].contains(&asked.status), "{asked:?}");
    }
    discord.recover();
    day.burst();

    // Baton is killed during turns in the first half of the channels, and during deliveries in the others.
    let answered = day.answers(CHANNELS - 1).len();
    model.hold(CHANNELS / 2);
    day.burst();
    model.until_held("morning", CHANNELS / 2).await;
    day.until_answered(CHANNELS - 1, answered + 5).await;
    let killed = baton.stop(Signal::SIGKILL);
    assert_eq!(killed.code, None, "it ended by itself: {}", killed.err);
    discord.until_disconnected().await;
    model.hold(0);
    day.burst();
    std::fs::write(home.configuration(), day.configuration(&model, "afternoon")).unwrap();
    let baton = home.start();
    discord.until_identified(4).await;
    day.burst();

    for channel in 0..CHANNELS {
        let written = &day.written[channel];
        for count in (0..written.len()).step_by(10) {
            day.until_answered(channel, count).await;
        }
        day.until_answered(channel, written.len()).await;
        assert_eq!(day.answers(channel), *written, "once each, and in order");
    }
    assert!(model.overlapped().is_empty(), "{:?}", model.overlapped());
    let stopped = baton.stop(Signal::SIGTERM);
    for log in [killed.err, stopped.err] {
        assert!(
            !log.contains(discord.token()),
            "s78: the token is in no log"
        );
    }
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], day.count);
    assert_eq!(status["messages"]["withdrawn"], 1);
    assert_eq!(status["messages"]["answered"], day.count - 1);
    let commands = discord.commands(None);
    let is_entry_point = |command: &&Value| command["type"] == 4;
    assert_eq!(commands.iter().filter(is_entry_point).count(), 1);
}

/// A gateway that ends each connection or stays silent, while people write.
async fn meet_failing_connections(discord: &Discord, day: &mut Day<'_>) {
    // Each connection ends in another way, until a new session begins.
    discord.fail_next_connections(Step::Greeting, 1, Ending::Abort);
    for ending in [Ending::Close(4_000), Ending::CloseWithoutCode, Ending::Cut] {
        discord.fail_next_connections(Step::Resuming, 1, ending);
    }
    discord.drop_sockets(Some(4_000));
    day.burst();
    discord.until_identified(2).await;
    discord.recover_connections();
    // Silent connections: the first gets no HELLO, the next no session.
    let connections = discord.connections().len();
    discord.fail_next_connections(Step::Greeting, 1, Ending::Silence);
    discord.fail_next_connections(Step::Resuming, 1, Ending::Silence);
    discord.drop_sockets(Some(1_012));
    day.burst();
    discord.until_connections(connections + 2).await;
    discord.until_resumed(2).await;
}

/// Rate limits with unusual fields.
fn odd_limits() -> [Fault; 5] {
    let shared = ("x-ratelimit-scope", "shared");
    let date = ("date", "Tue, 14 Nov 2023 22:13:20 GMT");
    let until = ("retry-after", "Tue, 14 Nov 2023 22:13:21 GMT");
    [
        Fault::too_fast(&[], ""),
        Fault::too_fast(&[], r#"{"retry_after": 0, "global": false}"#),
        Fault::too_fast(&[("retry-after", "1"), shared], ""),
        Fault::too_fast(&[date, until], "<html>"),
        Fault::too_fast(&[], r#"{"retry_after": "soon", "global": true}"#),
    ]
}

/// The people, and their messages.
struct Day<'a> {
    discord: &'a Discord,
    servers: Vec<Snowflake>,
    channels: Vec<Snowflake>,
    people: Vec<Snowflake>,
    /// By channel, in order: the id of each message, and its text.
    written: Vec<Vec<(Snowflake, String)>>,
    count: usize,
}

impl<'a> Day<'a> {
    fn new(discord: &'a Discord) -> Self {
        let servers: Vec<_> = (0..SERVERS)
            .map(|n| discord.server(&format!("Server {n}")))
            .collect();
        let channels =
            (0..CHANNELS).map(|n| discord.channel(servers[n % SERVERS], &format!("c{n}")));
        let people = (0..PEOPLE).map(|n| {
            let person = discord.person(&format!("person {n}"));
            for server in &servers {
                discord.join(*server, person, &[]);
            }
            person
        });
        Self {
            discord,
            channels: channels.collect(),
            people: people.collect(),
            servers,
            written: vec![Vec::new(); CHANNELS],
            count: 0,
        }
    }

    /// A bot that answers every message in all servers. The name of the model identifies the process.
    fn configuration(&self, model: &DayModel, name: &str) -> String {
        let mut configuration = format!(
            "[agents.model]\n\
             kind = \"openai\"\n\
             base_url = \"{}\"\n\
             model = \"{name}\"\n\
             at_once = {CHANNELS}\n\
             [limits]\n\
             attempts = 10\n\
             first_pause_seconds = 0.02\n\
             longest_pause_seconds = 0.2\n\
             [channels.discord]\n\
             token = {{ env = \"DISCORD_TOKEN\" }}\n\
             api = \"{}/api/v10\"\n\
             gateway = \"{}\"\n",
            model.base_url(),
            self.discord.rest_url(),
            self.discord.gateway_url(),
        );
        for (n, server) in self.servers.iter().enumerate() {
            write!(
                configuration,
                "[channels.discord.places.s{n}]\n\
                 server = \"{server}\"\n\
                 agent = \"model\"\n\
                 trigger = \"every\"\n",
            )
            .unwrap();
        }
        configuration
    }

    /// The next person writes in this channel.
    fn write(&mut self, channel: usize) {
        let text = format!("c{channel} message {}", self.count);
        let person = self.people[self.count % PEOPLE];
        let mut said = Said::text(&text);
        if self.count.is_multiple_of(ODD) {
            said = said.told_oddly(|it| {
                it["webhook_id"] = json!("0");
                it["sticker_items"] = Value::Null;
                it["embeds"] = json!([{ "fields": [{ "name": "a", "value": null }] }]);
                it["flags"] = json!("many");
            });
        }
        let id = self.discord.send(self.channels[channel], person, said);
        self.written[channel].push((id, text));
        self.count += 1;
    }

    /// Edits the last message of a channel.
    fn edit_last(&mut self, channel: usize) {
        let (id, text) = self.written[channel].last_mut().unwrap();
        text.push_str(", edited");
        self.discord.edit(self.channels[channel], *id, text);
    }

    /// Deletes the last message of a channel.
    fn delete_last(&mut self, channel: usize) {
        let (id, _) = self.written[channel].pop().unwrap();
        self.discord.delete(self.channels[channel], id);
    }

    /// Writes many messages at once, with different numbers in the channels.
    fn burst(&mut self) {
        for _ in 0..(MESSAGES - CHANNELS) / BURSTS {
            let n = self.count;
            self.write((n * n + n / 7) % CHANNELS);
        }
    }

    /// Waits until a turn has begun for the last message of each channel.
    async fn until_begun(&self, model: &DayModel) {
        for (_, text) in self.written.iter().filter_map(|written| written.last()) {
            model.until_begun(text).await;
        }
    }

    /// The number of requests for an operation so far.
    fn asked(&self, operation: &str) -> usize {
        let asked = self.discord.asked();
        let asked = asked.iter().filter(|asked| asked.operation == operation);
        asked.count()
    }

    /// The bot's answers in a channel: the id of the answered message, and the text.
    fn answers(&self, channel: usize) -> Vec<(Snowflake, String)> {
        answers_of(
            self.discord.bot(),
            &self.discord.messages(self.channels[channel]),
        )
    }

    async fn until_answered(&self, channel: usize, times: usize) {
        let us = self.discord.bot();
        let enough = |said: &[Message]| answers_of(us, said).len() >= times;
        let channel = self.channels[channel];
        self.discord.until_messages(channel, enough).await;
    }
}

fn answers_of(bot: Snowflake, said: &[Message]) -> Vec<(Snowflake, String)> {
    let ours = said.iter().filter(|message| message.author == bot);
    let answers = ours.filter_map(|it| Some((it.reply_to?, it.content.clone())));
    answers.collect()
}
