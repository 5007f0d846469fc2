//! The gateway and its faults.

use std::time::Duration;

use baton_testkit::discord::{Discord, Ending, Snowflake, Step, intent};
use serde_json::json;
use twilight_gateway::Intents;
use twilight_model::channel::ChannelType;
use twilight_model::gateway::event::Event;

use super::{Bot, id};

struct Place {
    discord: Discord,
    server: Snowflake,
    channel: Snowflake,
    ann: Snowflake,
    bot: Bot,
}

/// A connected bot that knows the server.
async fn place() -> Place {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    let mut bot = Bot::new(&discord);
    bot.ready(1).await;
    Place {
        discord,
        server,
        channel,
        ann,
        bot,
    }
}

/// The texts of the next messages.
async fn heard(bot: &mut Bot, count: usize) -> Vec<String> {
    let mut texts = Vec::new();
    bot.until("messages", |event| {
        if let Event::MessageCreate(message) = event {
            texts.push(message.content.clone());
        }
        (texts.len() == count).then_some(())
    })
    .await;
    texts
}

async fn resumed(bot: &mut Bot) {
    bot.until("resumed", |event| {
        matches!(event, Event::Resumed).then_some(())
    })
    .await;
}

#[tokio::test]
async fn a_session_is_resumed_with_what_was_missed() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    for end in [None, Some(4000), Some(1012)] {
        discord.say(channel, ann, "one");
        assert_eq!(heard(&mut bot, 1).await, ["one"]);
        discord.drop_sockets(end);
        discord.say(channel, ann, "two");
        discord.say(channel, ann, "three");
        assert_eq!(heard(&mut bot, 2).await, ["two", "three"]);
        resumed(&mut bot).await;
    }
    discord.ask_to_reconnect();
    resumed(&mut bot).await;
    discord.until_resumed(4).await;
    discord.finish();
}

#[tokio::test]
async fn a_session_that_is_gone_is_begun_anew_and_the_gap_is_in_the_list() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    let known = discord.say(channel, ann, "heard");
    heard(&mut bot, 1).await;
    discord.set_gateway_down(true);
    discord.drop_sockets(None);
    discord.forget_sessions();
    let missed = [
        discord.say(channel, ann, "missed"),
        discord.say(channel, ann, "missed too"),
    ];
    discord.set_gateway_down(false);
    bot.ready(1).await;
    let list = bot
        .client
        .channel_messages(id(channel))
        .after(id(known))
        .limit(10);
    let list = list.await.unwrap().models().await.unwrap();
    let ids: Vec<u64> = list.iter().rev().map(|message| message.id.get()).collect();
    assert_eq!(ids, missed.map(|missed| missed.0));
    discord.until_identified(2).await;
    discord.finish();
}

#[tokio::test]
async fn a_session_that_is_invalid_is_resumed_or_begun_anew_as_discord_says() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    discord.invalidate_sessions(true);
    discord.say(channel, ann, "one");
    resumed(&mut bot).await;
    discord.until_resumed(1).await;
    discord.invalidate_sessions(false);
    bot.ready(1).await;
    discord.until_identified(2).await;
    discord.say(channel, ann, "two");
    assert_eq!(heard(&mut bot, 1).await, ["two"]);
    discord.finish();
}

#[tokio::test]
async fn a_connection_goes_wrong_at_each_step_as_often_as_is_said() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    for step in [Step::Connecting, Step::Greeting, Step::Resuming] {
        for ending in [
            Ending::Close(4000),
            Ending::CloseWithoutCode,
            Ending::Cut,
            Ending::Abort,
        ] {
            let (before, resumes) = (discord.connections().len(), discord.resumes());
            discord.fail_next_connections(step, 1, ending);
            discord.drop_sockets(Some(4000));
            discord.say(channel, ann, "meanwhile");
            assert_eq!(heard(&mut bot, 1).await, ["meanwhile"]);
            resumed(&mut bot).await;
            assert!(
                discord.connections().len() >= before + 2,
                "{step:?} {ending:?}"
            );
            let tried = if step == Step::Resuming { 2 } else { 1 };
            assert_eq!(discord.resumes(), resumes + tried, "{step:?} {ending:?}");
        }
    }
    assert_eq!(discord.identifies(), 1);
    discord.fail_next_connections(Step::Resuming, 1, Ending::Invalid { resumable: false });
    discord.drop_sockets(Some(4000));
    bot.ready(1).await;
    assert_eq!(discord.identifies(), 2);
    discord.finish();
}

#[tokio::test]
async fn heartbeats_without_an_answer_make_a_bot_come_again() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    discord.set_heartbeat_interval(Duration::from_millis(20));
    discord.set_answers_heartbeats(false);
    discord.drop_sockets(None);
    bot.until("resumed twice", {
        let mut times = 0;
        move |event| {
            times += usize::from(matches!(event, Event::Resumed));
            (times == 2).then_some(())
        }
    })
    .await;
    discord.set_answers_heartbeats(true);
    discord.say(channel, ann, "still there?");
    assert_eq!(heard(&mut bot, 1).await, ["still there?"]);
}

#[tokio::test]
async fn events_come_twice_and_in_another_order() {
    let Place {
        discord,
        channel,
        ann,
        mut bot,
        ..
    } = place().await;
    discord.double_events(1);
    discord.say(channel, ann, "one");
    discord.swap_next_events();
    discord.say(channel, ann, "two");
    discord.say(channel, ann, "three");
    assert_eq!(heard(&mut bot, 4).await, ["one", "one", "three", "two"]);
    discord.finish();
}

#[tokio::test]
async fn what_a_later_discord_may_send_can_be_sent() {
    let discord = Discord::start().await;
    discord.add_unknown_fields();
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    discord.channel_of_kind(server, "odd", 99);
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    let mut bot = Bot::new(&discord);
    let kinds = bot
        .until("the server", |event| match event {
            Event::GuildCreate(guild) => match *guild {
                twilight_model::gateway::payload::incoming::GuildCreate::Available(guild) => Some(
                    guild
                        .channels
                        .iter()
                        .map(|channel| channel.kind)
                        .collect::<Vec<_>>(),
                ),
                twilight_model::gateway::payload::incoming::GuildCreate::Unavailable(_) => None,
            },
            _ => None,
        })
        .await;
    assert_eq!(kinds, [ChannelType::GuildText, ChannelType::Unknown(99)]);
    discord.send_event("SOMETHING_NEW", json!({"id": "7"}));
    discord.say(channel, ann, "after it");
    assert_eq!(heard(&mut bot, 1).await, ["after it"]);
    let sent = bot
        .client
        .create_message(id(channel))
        .content("Yes.")
        .await
        .unwrap();
    assert_eq!(sent.model().await.unwrap().content, "Yes.");
    discord.finish();
}

#[tokio::test]
async fn without_the_intent_the_content_is_for_others() {
    let discord = Discord::start().await;
    discord.grant_intents(0, false);
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    let ann = discord.person("ann");
    discord.join(server, ann, &[]);
    let direct = discord.direct(ann);
    let mut bot = Bot::new(&discord);
    bot.ready(1).await;
    discord.say(channel, ann, "not for you");
    let named = format!("{} for you", discord.mention(discord.bot()));
    discord.say(channel, ann, &named);
    discord.say(direct, ann, "for you too");
    assert_eq!(
        heard(&mut bot, 3).await,
        ["", named.as_str(), "for you too"]
    );
    // Or Discord refuses a connection with this intent.
    discord.grant_intents(intent::GUILD_MEMBERS, true);
    discord.drop_sockets(Some(4009));
    let code = bot.until_closed().await;
    assert_eq!(code, Some(4014));
    discord.finish();
}

#[tokio::test]
async fn each_shard_hears_its_own_servers() {
    let discord = Discord::start().await;
    discord.set_shards(2);
    let mut servers = Vec::new();
    // The ids of servers determine their shard, and both parities soon occur.
    for parity in [0, 1] {
        loop {
            let server = discord.server("Makers");
            if (server.0 >> 22) % 2 == parity {
                servers.push(server);
                break;
            }
            discord.throw_out(server);
        }
    }
    let ann = discord.person("ann");
    for (index, &server) in servers.iter().enumerate() {
        let channel = discord.channel(server, "general");
        discord.join(server, ann, &[]);
        let mut bot = Bot::sharded(&discord, u32::try_from(index).unwrap(), 2, Intents::all());
        let other = discord.channel(servers[1 - index], "other");
        bot.until("its server", |event| {
            matches!(event, Event::GuildCreate(_)).then_some(())
        })
        .await;
        discord.say(other, ann, "elsewhere");
        discord.say(channel, ann, "here");
        assert_eq!(heard(&mut bot, 1).await, ["here"]);
    }
    discord.finish();
}

#[tokio::test]
async fn a_bot_with_the_wrong_token_is_shut_out() {
    let Place {
        discord,
        server,
        mut bot,
        ..
    } = place().await;
    discord.set_token("another");
    discord.drop_sockets(None);
    assert_eq!(bot.until_closed().await, Some(4004));
    assert!(bot.client.guild(id(server)).await.is_err());
    discord.finish();
}
