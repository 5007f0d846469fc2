//! Edits of messages on Telegram (scenario s19).

use std::sync::{Arc, Mutex};

use async_trait::async_trait;
use baton_testkit::agent_run::within;
use baton_testkit::layered::{Layer, Layered};
use baton_testkit::scripted_agent::scripted;
use futures_util::future::BoxFuture;
use tokio::sync::Notify;
use tokio::task;

use super::bot::{Bot, texts};

/// Holds up the commit of an edit for ever, and no other commit.
#[derive(Clone, Default)]
struct HeldEdit(Arc<HeldEditState>);

#[derive(Default)]
struct HeldEditState {
    /// The task that commits an edit.
    task: Mutex<Option<task::Id>>,
    is_held: Notify,
}

#[async_trait]
impl Layer for HeldEdit {
    fn asked(&self, command: &'static str) {
        if command == "message_edited" {
            *self.0.task.lock().unwrap() = task::try_id();
        }
    }

    async fn write<T: Send + 'static>(&self, command: BoxFuture<'static, T>) -> T {
        let held = *self.0.task.lock().unwrap();
        if held.is_some() && held == task::try_id() {
            self.0.is_held.notify_one();
            std::future::pending::<()>().await;
        }
        command.await
    }
}

#[tokio::test]
async fn s19_an_edited_message_that_waits_is_answered_in_its_new_words() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let first = script.next_turn().await;
    let two = bot.say("two");
    bot.telegram.until_reaction(bot.group, two, "👀").await;
    bot.telegram.edit(bot.group, two, "three");
    bot.until_kept(bot.group, two, "three").await;
    first.reply("1");
    let second = script.next_turn().await;
    assert_eq!(second.texts(), ["three"]);
    second.reply("3");
    bot.said(2).await;
}

#[tokio::test]
async fn s19_an_edit_into_a_command_replaces_the_words_and_runs_no_command() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let first = script.next_turn().await;
    let name = bot.telegram.bot_name();
    let command = bot.say(&format!("/ping@{name}"));
    let two = bot.say("two");
    bot.telegram.until_reaction(bot.group, two, "👀").await;
    bot.telegram.edit(bot.group, two, "/stop");
    bot.until_kept(bot.group, two, "/stop").await;
    // The edit of a command makes no message of the command.
    bot.telegram
        .edit(bot.group, command, &format!("/queue@{name}"));
    bot.say("three");
    first.reply("1");
    let second = script.next_turn().await;
    assert_eq!(second.texts(), ["/stop"]);
    second.reply("2");
    let third = script.next_turn().await;
    assert_eq!(third.texts(), ["three"]);
    third.reply("3");
    assert_eq!(texts(&bot.said(3).await), ["1", "2", "3"]);
}

#[tokio::test]
async fn s19_an_edit_after_the_turn_began_is_told_once() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let one = bot.say("one");
    let turn = script.next_turn().await;
    bot.telegram.edit(bot.group, one, "two");
    let told = bot.said(1).await;
    assert!(told[0].text.contains("answers the first text"), "{told:?}");
    assert_eq!(told[0].reply_to, Some(one));
    turn.reply("1");
    bot.said(2).await;
    bot.telegram.edit(bot.group, one, "three");
    bot.say("next");
    script.next_turn().await.reply("4");
    let said = bot.said(3).await;
    assert_eq!(texts(&said)[1..], ["1", "4"]);
}

#[tokio::test]
async fn s19_an_edit_of_one_part_of_a_split_text_loses_no_other_part() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let first = script.next_turn().await;
    let long = bot.say(&"x".repeat(4_096));
    bot.say("the end");
    bot.telegram.until_reaction(bot.group, long, "👀").await;
    bot.telegram.edit(bot.group, long, "short");
    let told = bot.said(1).await;
    assert!(told[0].text.contains("came in several parts"), "{told:?}");
    first.reply("1");
    let second = script.next_turn().await;
    assert_eq!(second.texts(), [format!("{}the end", "x".repeat(4_096))]);
    second.reply("2");
    assert_eq!(texts(&bot.said(3).await)[1..], ["1", "2"]);
}

#[tokio::test]
async fn s19_an_edit_of_a_later_part_is_told_once() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let first = script.next_turn().await;
    let long = bot.say(&"x".repeat(4_096));
    let end = bot.say("the end");
    bot.telegram.until_reaction(bot.group, long, "👀").await;
    bot.telegram.edit(bot.group, end, "another end");
    let told = bot.said(1).await;
    assert!(told[0].text.contains("came in several parts"), "{told:?}");
    assert_eq!(told[0].reply_to, Some(long));
    first.reply("1");
    let second = script.next_turn().await;
    assert_eq!(second.texts(), [format!("{}the end", "x".repeat(4_096))]);
    bot.telegram.edit(bot.group, end, "a third end");
    second.reply("2");
    assert_eq!(texts(&bot.said(3).await)[1..], ["1", "2"]);
}

#[tokio::test]
async fn s19_an_edit_below_a_later_photo_of_an_album_is_told() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let send = |caption: &str| {
        let saying = bot.telegram.saying(bot.group, bot.ann).text(caption);
        saying.photo(vec![1, 2, 3]).album("album").send()
    };
    let (first, second) = (send("two photos"), send(""));
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["two photos"]);
    bot.telegram.edit(bot.group, second, "the roof");
    let told = bot.said(1).await;
    assert!(told[0].text.contains("answers the first text"), "{told:?}");
    assert_eq!(told[0].reply_to, Some(first));
    turn.reply("seen");
    bot.said(2).await;
}

#[tokio::test]
async fn s19_a_kill_before_the_commit_of_an_edit_loses_no_edit() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    let held = HeldEdit::default();
    bot.store = Layered::over(held.clone(), Arc::clone(&bot.store));
    bot.start().await;
    bot.say("one");
    let first = script.next_turn().await;
    let two = bot.say("two");
    bot.telegram.until_reaction(bot.group, two, "👀").await;
    bot.telegram.edit(bot.group, two, "three");
    within("the commit of the edit", held.0.is_held.notified()).await;
    bot.kill();
    drop(first);
    bot.start().await;
    bot.until_kept(bot.group, two, "three").await;
}
