//! Many servers, with several gateway connections.

use std::time::Duration;

use baton_chat::chat_settings::{Answering, PlaceScope, PlaceSettings, Trigger};
use baton_core::agent::Reply;
use baton_testkit::discord::{Fault, Held, Snowflake};
use baton_testkit::scripted_agent::answering;
use futures_util::future::join_all;

use super::bot::{BOB, Bot, id, texts};

/// A bot that answers every message, in too many servers for one shard. Each server has one channel.
async fn bot(servers: usize, shards: u64) -> (Bot, Vec<Snowflake>) {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.discord.set_shards(shards);
    let every = Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    };
    bot.settings.chat.direct = Some(every.clone());
    let mut channels = Vec::new();
    for number in 0..servers {
        let server = bot.discord.server(&format!("server {number}"));
        bot.discord.join(server, bot.ann, &[]);
        channels.push(bot.discord.channel(server, "general"));
        bot.settings.chat.places.push(PlaceSettings {
            scope: PlaceScope::Workspace(id(server)),
            answering: every.clone(),
        });
    }
    (bot, channels)
}

fn say(bot: &Bot, channels: &[Snowflake], text: &str) {
    for channel in channels {
        bot.discord.say(*channel, bot.ann, text);
    }
}

/// Waits until each channel has all answers, once and in order.
async fn answered(bot: &Bot, channels: &[Snowflake], expected: &[&str]) {
    let all = channels.iter().map(|channel| async {
        let said = bot.discord.until_bot_said(*channel, expected.len()).await;
        assert_eq!(texts(&said), expected);
    });
    join_all(all).await;
}

#[tokio::test]
async fn each_shard_s_servers_are_answered_and_what_one_missed_too() {
    let (mut bot, mut channels) = bot(40, 3).await;
    channels.push(bot.discord.direct(bot.ann));
    bot.start_unconnected().await;
    bot.discord.until_shards(3).await;
    say(&bot, &channels, "one");
    answered(&bot, &channels, &["one"]).await;
    let registering = "bulk_set_application_commands";
    assert_eq!(bot.discord.until_asked(registering, 1).await.len(), 1);

    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    bot.discord.until_disconnected().await;
    say(&bot, &channels, "while it was away");
    bot.discord.forget_sessions();
    bot.discord.set_gateway_down(false);
    bot.discord.until_identified(6).await;
    say(&bot, &channels, "three");
    answered(&bot, &channels, &["one", "while it was away", "three"]).await;

    // The next process also fetches the missed messages.
    bot.stop().await;
    say(&bot, &channels, "four");
    bot.start_unconnected().await;
    answered(
        &bot,
        &channels,
        &["one", "while it was away", "three", "four"],
    )
    .await;
    assert_eq!(bot.discord.until_asked(registering, 3).await.len(), 3);
}

#[tokio::test]
async fn what_many_servers_missed_holds_up_none_that_missed_nothing() {
    let (mut bot, channels) = bot(30, 2).await;
    let (quiet, missing) = channels.split_at(10);
    bot.start_unconnected().await;
    bot.discord.until_shards(2).await;
    say(&bot, missing, "before");
    answered(&bot, missing, &["before"]).await;
    bot.stop().await;
    say(&bot, missing, "missed");
    let held = Held::default();
    bot.discord.fail("list_messages", Fault::Hold(held.clone()));
    bot.start_unconnected().await;
    bot.discord.until_asked("list_messages", 4).await;
    bot.discord.until_shards(2).await;
    say(&bot, quiet, "now");
    answered(&bot, quiet, &["now"]).await;
    // Only a few requests run at the same time.
    assert_eq!(bot.discord.until_asked("list_messages", 4).await.len(), 4);
    bot.discord.recover();
    held.release();
    answered(&bot, missing, &["before", "missed"]).await;
}

#[tokio::test]
async fn shards_begin_no_faster_than_discord_lets_them() {
    let (mut bot, channels) = bot(8, 3).await;
    // The third shard shares the bucket of the first.
    bot.discord.pace_sessions(2);
    bot.start_unconnected().await;
    bot.discord.until_shards(3).await;
    say(&bot, &channels, "one");
    answered(&bot, &channels, &["one"]).await;
}

#[tokio::test]
async fn a_session_waits_until_one_may_be_begun_again() {
    let (mut bot, channels) = bot(1, 1).await;
    bot.discord.refuse_sessions_for(Duration::from_millis(300));
    bot.start_unconnected().await;
    bot.discord.until_shards(1).await;
    say(&bot, &channels, "one");
    answered(&bot, &channels, &["one"]).await;
}
