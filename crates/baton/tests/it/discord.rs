//! The program with a bot on a fake Discord.

use baton_testkit::discord::{Discord, Message, Snowflake};
use nix::sys::signal::Signal;

use crate::program::Home;

mod day;

/// A configuration for a bot that answers every message of a server.
fn home(discord: &Discord, server: Snowflake) -> Home {
    let configuration = format!(
        "agents.echo = {{ kind = \"echo\", pause_seconds = 0.01 }}\n\
         limits.attempts = 10\n\
         server.log = \"info\"\n\
         [channels.discord]\n\
         token = {{ env = \"DISCORD_TOKEN\" }}\n\
         api = \"{}/api/v10\"\n\
         gateway = \"{}\"\n\
         [channels.discord.places.all]\n\
         server = \"{server}\"\n\
         agent = \"echo\"\n\
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
        // In the middle of it.
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
