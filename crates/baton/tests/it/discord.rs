//! The program with a bot on a fake Discord.

use baton_testkit::discord::{Discord, Ending, Message, Said, Snowflake, Step};
use baton_testkit::model_server::{Answer, ModelServer};
use nix::sys::signal::Signal;

use crate::program::Home;

mod busy_day;

/// An image of one pixel.
const DOT: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x02\0\0\0\x90\x77\x53\xde\
    \0\0\0\x0cIDAT\x78\xda\x63\xf8\xcf\xc0\0\0\x03\x01\x01\0\xf7\x03\x41\x43\0\0\0\0IEND\xae\x42\x60\x82";

/// A configuration with a bot that answers every message of a server.
fn home(discord: &Discord, server: Snowflake) -> Home {
    home_with("{ kind = \"echo\", pause_seconds = 0.01 }", discord, server)
}

/// The same configuration with this agent.
fn home_with(agent: &str, discord: &Discord, server: Snowflake) -> Home {
    let configuration = format!(
        "agents.bob = {agent}\n\
         limits.attempts = 10\n\
         server.log = \"info\"\n\
         [channels.discord]\n\
         token = {{ env = \"DISCORD_TOKEN\" }}\n\
         api = \"{}/api/v10\"\n\
         gateway = \"{}\"\n\
         [channels.discord.places.all]\n\
         server = \"{server}\"\n\
         agent = \"bob\"\n\
         trigger = \"every\"\n",
        discord.rest_url(),
        discord.gateway_url(),
    );
    Home::with(&configuration).env("DISCORD_TOKEN", discord.token())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s80_killed_while_people_write_on_discord_each_is_answered_once_and_in_order() {
    const CHANNELS: usize = 5;
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    let channels: Vec<_> = (0..CHANNELS)
        .map(|n| discord.channel(server, &format!("c{n}")))
        .collect();
    let write = |from: usize, to: usize| {
        for n in from..to {
            discord.say(channels[n % CHANNELS], ann, &format!("message {n}"));
        }
    };
    let home = home(&discord, server);
    let mut said = String::new();
    let mut baton = home.start();
    discord.until_connected().await;
    for round in 0..3 {
        write(round * 40, round * 40 + 30);
        // The kill comes during the answers.
        discord.until_bot_said(channels[0], round * 8 + 2).await;
        said += &baton.stop(Signal::SIGKILL).err;
        discord.until_disconnected().await;
        write(round * 40 + 30, round * 40 + 40);
        baton = home.start();
        discord.until_connected().await;
    }
    let us = discord.bot();
    for (number, channel) in channels.iter().enumerate() {
        let expected = (0..120).filter(|n| n % CHANNELS == number);
        let expected: Vec<_> = expected.map(|n| format!("message {n}")).collect();
        let answers = |messages: &[Message]| -> Vec<String> {
            let ours = messages.iter().filter(|message| message.author == us);
            let answers = ours.filter(|message| message.reply_to.is_some());
            answers.map(|message| message.content.clone()).collect()
        };
        let whole = |messages: &[Message]| answers(messages).len() >= expected.len();
        let seen = discord.until_messages(*channel, whole).await;
        assert_eq!(answers(&seen), expected);
    }
    let stopped = baton.stop(Signal::SIGTERM);
    said += &stopped.err;
    assert!(said.contains("baton"), "it logs");
    assert!(
        !said.contains(discord.token()),
        "s78: the token is in no log"
    );
}

#[tokio::test]
async fn a_model_that_sees_is_shown_what_people_send_and_they_are_told_of_the_rest() {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    let model = ModelServer::start().await;
    model.next(Answer::text("a red dot"));
    let agent = format!(
        "{{ kind = \"openai\", base_url = \"{}\", model = \"fake-model\", images = true }}",
        model.base_url()
    );
    let home = home_with(&agent, &discord, server);
    let baton = home.start();
    discord.until_connected().await;
    let said = Said::text("what is it?")
        .file("dot.png", "image/png", DOT)
        .file("notes.txt", "text/plain", b"tea at five");
    discord.send(channel, ann, said);
    let seen = discord.until_bot_said(channel, 2).await;
    assert_eq!(
        seen[0].content,
        "Answered without these files, which bob cannot open: notes.txt."
    );
    assert_eq!(seen[1].content, "a red dot");
    let content = &model.asked()[0].body["messages"][0]["content"];
    assert_eq!(content[0]["text"], "what is it?");
    let url = content[1]["image_url"]["url"].as_str().unwrap();
    assert!(
        url.starts_with("data:image/png;base64,iVBORw0KGgo"),
        "{url}"
    );
    assert_eq!(content.as_array().unwrap().len(), 2);
    baton.stop(Signal::SIGTERM);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s92_a_connection_that_is_lost_is_in_the_log_with_shard_reason_and_pause() {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    discord.set_interactions_endpoint("https://example.org/interactions");
    let home = home(&discord, server);
    let baton = home.start();
    discord.until_connected().await;
    discord.fail_next_connections(Step::Greeting, 2, Ending::Close(4_000));
    discord.drop_sockets(Some(4_000));
    discord.until_resumed(1).await;
    let log = baton.stop(Signal::SIGTERM).err;
    let lost = log
        .lines()
        .filter(|line| line.contains("connection to Discord is lost"));
    let lost: Vec<_> = lost.collect();
    assert_eq!(lost.len(), 3, "{log}");
    for line in lost {
        for part in [
            "WARN",
            "shard=0",
            "closed the connection with code 4000",
            "pause_seconds=",
        ] {
            assert!(line.contains(part), "{part}: {line}");
        }
    }
    let endpoint = log
        .lines()
        .find(|line| line.contains("Interactions Endpoint URL"));
    assert!(
        endpoint.is_some_and(|it| it.contains("example.org")),
        "{log}"
    );
}
