//! New messages and missed messages at the same time. Neither overtakes the other, and no channel waits for
//! another channel.

use baton_chat::chat_settings::{Answering, Trigger};
use baton_core::agent::Reply;
use baton_core::store::CursorMove;
use baton_testkit::discord::{Fault, Scope};
use baton_testkit::scripted_agent::answering;

use super::bot::{BOB, Bot, texts};

/// A bot that repeats each message, in direct messages too.
async fn echo() -> Bot {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot
}

#[tokio::test]
async fn s76_a_thread_that_began_while_it_was_away_is_read_from_its_beginning() {
    let mut bot = echo().await;
    bot.start().await;
    bot.say("before");
    bot.said(1).await;
    bot.kill().await;
    let asked = bot.say("asked");
    let thread = bot
        .discord
        .thread(bot.channel, Some(asked), bot.ann, "talk");
    bot.discord.say(thread, bot.ann, "in the thread");
    bot.start().await;
    assert_eq!(texts(&bot.said(2).await), ["before", "asked"]);
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["in the thread"]);
}

#[tokio::test]
async fn s80_killed_between_knowing_somebody_and_keeping_what_they_wrote_it_hears_them_later() {
    let mut bot = echo().await;
    let direct = bot.discord.direct(bot.ann);
    let known = CursorMove {
        channel: "discord".into(),
        account: "default".into(),
        reader: "direct conversations".to_owned(),
        position: direct.to_string(),
    };
    bot.store.set_cursor(known).await.unwrap();
    bot.start().await;
    bot.say("look");
    bot.said(1).await;
    bot.discord.say(direct, bot.ann, "one");
    bot.discord.until_bot_said(direct, 1).await;
    bot.kill().await;
    bot.discord.say(direct, bot.ann, "two");
    bot.start().await;
    let said = bot.discord.until_bot_said(direct, 2).await;
    assert_eq!(texts(&said), ["one", "two"]);
}

#[tokio::test]
async fn s45_channels_that_are_to_wait_hold_up_no_other() {
    const WAIT: usize = 4;
    let mut bot = echo().await;
    let channels = (0..=WAIT).map(|n| bot.discord.channel(bot.server, &format!("c{n}")));
    let channels: Vec<_> = channels.collect();
    bot.start().await;
    for channel in &channels {
        bot.discord.say(*channel, bot.ann, "before");
        bot.discord.until_bot_said(*channel, 1).await;
    }
    bot.stop().await;
    for channel in &channels {
        bot.discord.say(*channel, bot.ann, "missed");
    }
    bot.discord
        .fail_next("list_messages", WAIT, Fault::Limited(Scope::User, 60_000));
    bot.start().await;
    let discord = &bot.discord;
    let any = channels
        .iter()
        .map(|channel| Box::pin(discord.until_bot_said(*channel, 2)));
    let (said, _, others) = futures_util::future::select_all(any).await;
    assert_eq!(texts(&said), ["before", "missed"]);
    drop(others);
    bot.kill().await;
}
