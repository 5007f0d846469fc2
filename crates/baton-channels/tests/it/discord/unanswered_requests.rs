//! Requests without an answer, and odd answers. Later work goes on, and nothing is lost.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::chat_settings::{Answering, Trigger};
use baton_core::agent::Reply;
use baton_core::message::MessageState;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Said, Scope, Snowflake};
use baton_testkit::scripted_agent::{answering, scripted};
use serde_json::json;

use super::bot::{BOB, Bot, texts};

/// A bot that repeats each message, in direct messages too.
async fn echo_on(clock: Arc<SimClock>) -> Bot {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::with_clock(clock, agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot
}

/// Lets pauses pass until `happens` is done.
async fn while_it_waits<T>(clock: &SimClock, happens: impl Future<Output = T>) -> T {
    let pauses = async {
        loop {
            clock.pass_pause(Duration::from_secs(30)).await;
        }
    };
    tokio::select! {
        happened = happens => happened,
        never = pauses => never,
    }
}

async fn until_refused(bot: &Bot, message: Snowflake) {
    bot.until_kept(message, |it| it.state == MessageState::Refused)
        .await;
}

/// From now on, the events of edits have no readable author.
fn tell_no_author(bot: &Bot) {
    bot.discord
        .tell_event_oddly("MESSAGE_UPDATE", |it| it["author"] = json!("x"));
}

#[tokio::test]
async fn s79_an_edit_that_cannot_be_looked_up_stops_nothing_behind_it() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    bot.say("one");
    let _running = script.next_turn().await;
    let two = bot.say("two");
    bot.until_kept(two, |_| true).await;
    tell_no_author(&bot);
    bot.discord.fail("get_message", Fault::Status(500));
    bot.discord.edit(bot.channel, two, "zwei");
    let three = bot.say("three");
    while_it_waits(&clock, bot.until_kept(three, |_| true)).await;
    assert_eq!(bot.kept(two).await.unwrap().text, "two");
    let tries = bot.discord.until_asked("get_message", 1).await;
    assert!(tries.len() > 1, "{tries:?}");
}

#[tokio::test]
async fn s45_an_edit_that_is_looked_up_too_fast_is_looked_up_after_the_pause() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    bot.say("one");
    let _running = script.next_turn().await;
    let two = bot.say("two");
    bot.until_kept(two, |_| true).await;
    tell_no_author(&bot);
    let pause = Duration::from_secs(43);
    let limited = Fault::Limited(Scope::User, 43_000);
    bot.discord.fail_next("get_message", 1, limited);
    bot.discord.edit(bot.channel, two, "zwei");
    within("it waits so long", clock.someone_sleeps(pause)).await;
    clock.advance(pause);
    bot.until_kept(two, |it| it.text == "zwei").await;
    assert_eq!(bot.discord.until_asked("get_message", 1).await.len(), 2);
}

#[tokio::test]
async fn s79_a_message_in_a_channel_that_cannot_be_looked_up_is_kept_as_refused() {
    let clock = SimClock::shared();
    let mut bot = echo_on(clock.clone()).await;
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    bot.discord.fail("get_channel", Fault::Status(500));
    let one = bot.discord.say(direct, bot.ann, "one");
    while_it_waits(&clock, until_refused(&bot, one)).await;
    let odd = Said::text("odd").told_oddly(|it| it["content"] = json!(7));
    let odd = bot.discord.send(direct, bot.ann, odd);
    while_it_waits(&clock, until_refused(&bot, odd)).await;
    bot.discord.recover();
    bot.discord.say(direct, bot.ann, "two");
    let is_said = bot.discord.until_said(direct, |it| it.content == "two");
    while_it_waits(&clock, is_said).await;
}

#[tokio::test]
async fn s79_an_answer_that_is_not_understood_is_not_asked_for_again() {
    let mut bot = echo_on(SimClock::shared()).await;
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    let odd = Fault::Answer {
        status: 200,
        headers: Vec::new(),
        body: b"[7]".to_vec(),
    };
    bot.discord.fail("get_channel", odd);
    let one = bot.discord.say(direct, bot.ann, "one");
    until_refused(&bot, one).await;
    bot.discord.recover();
    bot.discord.say(direct, bot.ann, "two");
    let said = bot.discord.until_bot_said(direct, 1).await;
    assert_eq!(texts(&said), ["two"]);
}

#[tokio::test]
async fn s79_a_channel_of_which_only_a_part_is_unreadable_is_looked_up() {
    let mut bot = echo_on(SimClock::shared()).await;
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    bot.discord
        .tell_oddly(direct, |it| it["topic"] = json!("half an owl"));
    bot.discord
        .replace_everywhere(r#""half an owl""#, r#""\ud83d""#);
    bot.discord.say(direct, bot.ann, "one");
    let said = bot.discord.until_bot_said(direct, 1).await;
    assert_eq!(texts(&said), ["one"]);
}
