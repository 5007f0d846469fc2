//! Threads.

use baton_chat::chat_settings::Trigger;
use baton_core::agent::Reply;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Held};
use baton_testkit::scripted_agent::{answering, scripted};
use serde_json::json;

use super::bot::{Bot, texts};
use super::status::reading;

#[tokio::test]
async fn each_request_has_a_thread_of_its_own_where_that_is_configured() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.answering().trigger = Trigger::Threads;
    bot.start().await;
    let us = bot.discord.mention(bot.discord.bot());
    let asked = bot.say(&format!("{us} what is this?"));
    let thread = bot.discord.until_thread(asked).await;
    assert_eq!(bot.discord.name_of(thread), "what is this?");
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["what is this?"]);
    bot.discord.say(thread, bot.ann, "and that?");
    let said = bot.discord.until_bot_said(thread, 2).await;
    assert_eq!(
        texts(&said),
        ["what is this?", "and that?"],
        "without a mention"
    );
    let conversations = bot.store.counts().await.unwrap().conversations;
    assert_eq!(conversations, 1);
}

#[tokio::test]
async fn the_first_turn_of_a_request_is_seen_and_stopped_in_its_thread() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.start().await;
    bot.discord.until_command(None, "stop").await;
    let asked = bot.say("build it");
    let turn = script.next_turn().await;
    let thread = bot.discord.until_thread(asked).await;
    bot.discord.until_typing(thread).await;
    turn.show(reading()).await;
    bot.discord
        .until_said(thread, |message| message.content.contains("Reading"))
        .await;
    bot.discord.command(thread, bot.ann, "stop", &[]);
    turn.stopped().await;
}

#[tokio::test]
async fn s47_an_answer_goes_into_an_archived_thread_which_discord_opens_for_it() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    bot.discord.say(thread, bot.ann, "hello");
    let turn = script.next_turn().await;
    bot.discord.set_archived(thread, true);
    turn.reply("hi");
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["hi"]);
    assert!(!bot.discord.is_archived(thread));
    // If a message does not reopen the archived thread, Baton reopens the thread first.
    bot.discord.say(thread, bot.ann, "and now?");
    let turn = script.next_turn().await;
    bot.discord.set_archived(thread, true);
    let archived = Fault::Error(400, 50_083, "Thread is archived");
    bot.discord.fail_next("create_message", 1, archived);
    turn.reply("hi again");
    let said = bot.discord.until_bot_said(thread, 2).await;
    assert_eq!(texts(&said), ["hi", "hi again"]);
    let opened = bot.discord.until_asked("update_channel", 1).await;
    assert_eq!(opened[0].body, json!({ "archived": false }));
}

/// The operation that creates a thread of a message.
const CREATE: &str = "create_thread_from_message";

#[tokio::test]
async fn a_thread_is_created_once_though_a_reply_and_progress_want_it_at_once() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.start().await;
    // Baton reads the message for the name of the thread, before it creates the thread.
    let reads = Held::default();
    bot.discord.fail("get_message", Fault::Hold(reads.clone()));
    let asked = bot.say("build it");
    let turn = script.next_turn().await;
    bot.discord.until_asked("get_message", 1).await;
    turn.reply("built");
    // The reply finds no thread.
    bot.discord.until_asked("create_message", 1).await;
    reads.release();
    let thread = bot.discord.until_thread(asked).await;
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["built"]);
    // The typing shows that the progress has its thread too.
    bot.discord.until_asked("trigger_typing_indicator", 1).await;
    assert_eq!(bot.discord.until_asked(CREATE, 1).await.len(), 1);
}

#[tokio::test]
async fn a_thread_that_could_not_be_created_is_created_at_the_next_try() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.limits.retry.first_pause = std::time::Duration::from_millis(20);
    bot.start().await;
    bot.discord.fail_next(CREATE, 2, Fault::Status(503));
    let asked = bot.say("build it");
    let thread = bot.discord.until_thread(asked).await;
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["build it"]);
    assert_eq!(bot.discord.until_asked(CREATE, 3).await.len(), 3);
}

#[tokio::test]
async fn a_thread_that_somebody_deleted_is_created_again_for_the_reply() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.start().await;
    let asked = bot.say("build it");
    let turn = script.next_turn().await;
    let thread = bot.discord.until_thread(asked).await;
    bot.discord.until_typing(thread).await;
    bot.discord.delete_channel(thread);
    turn.reply("built");
    let thread = bot.discord.until_thread(asked).await;
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["built"]);
}

/// The clock stands still, so the reply does not wait for the end of the reservation.
#[tokio::test]
async fn killed_while_a_thread_is_created_the_next_process_creates_the_thread_at_once() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::with_clock(SimClock::shared(), agent).await;
    bot.answering().thread_per_request = true;
    bot.start().await;
    bot.discord
        .fail_next(CREATE, 1, Fault::Hold(Held::default()));
    let asked = bot.say("build it");
    bot.discord.until_asked(CREATE, 1).await;
    bot.kill().await;
    bot.start().await;
    let thread = bot.discord.until_thread(asked).await;
    let said = bot.discord.until_bot_said(thread, 1).await;
    assert_eq!(texts(&said), ["build it"]);
}
