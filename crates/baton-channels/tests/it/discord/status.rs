//! Status indicators.

use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::message::MessageState;
use baton_core::place::QueueMode;
use baton_testkit::discord::Fault;
use baton_testkit::scripted_agent::scripted;

use super::bot::{Bot, texts};

#[tokio::test]
async fn s01_a_second_message_waits_its_turn_and_shows_that_it_does() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let first = script.next_turn().await;
    let two = bot.say("two");
    let three = bot.say("three");
    let marked = async |message, emoji, there| {
        bot.discord
            .until_reaction(bot.channel, message, emoji, there)
            .await;
    };
    marked(two, "⏳", true).await;
    marked(two, "1️⃣", true).await;
    marked(three, "2️⃣", true).await;
    first.reply("1");
    let second = script.next_turn().await;
    marked(two, "⏳", false).await;
    marked(two, "1️⃣", false).await;
    marked(three, "1️⃣", true).await;
    marked(three, "2️⃣", false).await;
    second.reply("2");
    script.next_turn().await.reply("3");
    assert_eq!(texts(&bot.said(3).await), ["1", "2", "3"]);
    marked(three, "⏳", false).await;
}

#[tokio::test]
async fn a_message_shows_that_it_waits_also_behind_a_turn_of_many() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    let window = Duration::ZERO;
    bot.persona.mode = QueueMode::Collect { window };
    bot.start().await;
    bot.say("one");
    let first = script.next_turn().await;
    let many = 25;
    let mut changes = bot.store.changes();
    for _ in 0..many {
        bot.say("more");
    }
    while bot
        .store
        .counts()
        .await
        .unwrap()
        .messages_in(MessageState::Waiting)
        < many
    {
        let _ = changes.recv().await;
    }
    first.reply("1");
    let together = script.next_turn().await;
    assert_eq!(together.texts().len(), 25);
    let last = bot.say("and then?");
    for mark in ["⏳", "1️⃣"] {
        bot.discord
            .until_reaction(bot.channel, last, mark, true)
            .await;
    }
    together.reply("2");
    script.next_turn().await.reply("3");
    assert_eq!(texts(&bot.said(3).await), ["1", "2", "3"]);
}

/// A tool run of a turn.
pub(crate) fn reading() -> Activity {
    Activity {
        id: "1".to_owned(),
        title: "Reading `notes.txt`".to_owned(),
        detail: String::new(),
        state: ActivityState::Running,
        within: None,
    }
}

#[tokio::test]
async fn a_turn_types_and_tells_what_it_does_until_it_has_answered() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("go");
    let turn = script.next_turn().await;
    bot.discord.until_typing(bot.channel).await;
    turn.show(reading()).await;
    bot.discord
        .until_said(bot.channel, |message| {
            message.content.contains("Reading `notes.txt`")
        })
        .await;
    turn.reply("done");
    let left = bot
        .discord
        .until_messages(bot.channel, |messages| {
            messages.len() == 2 && messages[1].content == "done"
        })
        .await;
    assert_eq!(left.len(), 2, "what it did is not told any more");
}

#[tokio::test]
async fn what_it_told_goes_in_the_end_where_discord_is_away_when_it_should() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("go");
    let turn = script.next_turn().await;
    turn.show(reading()).await;
    bot.discord
        .until_said(bot.channel, |message| message.content.contains("Reading"))
        .await;
    bot.discord
        .fail_next("delete_message", 1, Fault::Status(502));
    // Discord deletes the message, but the answer is lost.
    bot.discord
        .fail_next("delete_message", 1, Fault::LoseAnswer);
    turn.reply("done");
    bot.discord.until_asked("delete_message", 3).await;
    assert_eq!(texts(&bot.discord.messages(bot.channel)), ["go", "done"]);
}

#[tokio::test]
async fn what_a_killed_process_told_of_its_turn_is_taken_away() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    bot.say("go");
    let turn = script.next_turn().await;
    turn.show(reading()).await;
    bot.discord
        .until_said(bot.channel, |message| message.content.contains("Reading"))
        .await;
    bot.kill().await;
    drop(turn);
    bot.start().await;
    script.next_turn().await.reply("done");
    let left = bot
        .discord
        .until_messages(bot.channel, |messages| {
            messages.len() == 2 && messages[1].content == "done"
        })
        .await;
    assert_eq!(left.len(), 2);
}

#[tokio::test]
async fn what_a_killed_process_told_is_taken_away_whatever_was_written_after_it() {
    for attempts in [1, 3] {
        let (agent, mut script) = scripted();
        let mut bot = Bot::new(agent).await;
        bot.limits.retry.attempts = attempts;
        bot.start().await;
        bot.say("go");
        let turn = script.next_turn().await;
        turn.show(reading()).await;
        bot.discord
            .until_said(bot.channel, |message| message.content.contains("Reading"))
            .await;
        // The mark proves that message two is stored, and that earlier messages are read.
        let two = bot.say("two");
        let waits = bot.discord.until_reaction(bot.channel, two, "⏳", true);
        waits.await;
        bot.kill().await;
        drop(turn);
        bot.start().await;
        if attempts > 1 {
            script.next_turn().await.reply("done");
        }
        script.next_turn().await.reply("2");
        bot.discord
            .until_messages(bot.channel, |messages| {
                let answered = messages.iter().filter(|it| it.reply_to.is_some()).count() == 2;
                answered && messages.iter().all(|it| !it.content.contains("Reading"))
            })
            .await;
    }
}

#[tokio::test]
async fn a_reply_that_looks_like_progress_stays() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    bot.say("go");
    script.next_turn().await.reply("⏳ Working … no, done");
    bot.said(1).await;
    bot.kill().await;
    bot.start().await;
    bot.say("and now?");
    script.next_turn().await.reply("done");
    let said = bot
        .discord
        .until_said(bot.channel, |it| it.content == "done");
    said.await;
    assert_eq!(texts(&bot.said(2).await), ["⏳ Working … no, done", "done"]);
}
