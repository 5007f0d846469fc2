//! Files that come slowly or never hold up only their own chat.

use std::sync::Arc;
use std::time::Duration;

use baton_core::agent::Reply;
use baton_core::message::MessageState;
use baton_core::name::ExternalId;
use baton_core::store::IncompleteMessage;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{Record, answering};
use baton_testkit::telegram::{Fault, Held, Message};

use super::bot::{Bot, echo_agent, texts};

/// Waits until the bot has given the last of these answers in a chat, and checks all its answers there. The agent opens no
/// files, so the notices about files are left out, and so is the progress.
async fn assert_answers(bot: &Bot, chat: i64, answers: &[&str]) {
    let us = Some(bot.telegram.bot());
    let last = answers.last().copied().unwrap_or_default();
    let is_last = |it: &Message| it.author == us && it.text == last;
    bot.telegram.until_said(chat, is_last).await;
    let said = bot.telegram.bot_messages(chat);
    let is_answer = |text: &&str| {
        let others = ["Answered without these files", "⏳"];
        !text.is_empty() && !others.iter().any(|it| text.starts_with(it))
    };
    let said: Vec<_> = texts(&said).into_iter().filter(is_answer).collect();
    assert_eq!(said, answers);
}

/// A bot that repeats each message, and the record of its turns.
async fn repeating_bot() -> (Bot, Record) {
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    (Bot::started(agent).await, record)
}

/// Ann sends a file with this text in the group. The download stops until the release.
fn send_halting(bot: &Bot, text: &str) -> (i64, Held) {
    let held = Held::default();
    let fault = Fault::Hold(held.clone());
    bot.telegram.fail_next("file", 1, fault);
    (send_file(bot, bot.group, text), held)
}

fn send_file(bot: &Bot, chat: i64, text: &str) -> i64 {
    let saying = bot.telegram.saying(chat, bot.ann).text(text);
    saying
        .document("notes.txt", "text/plain", "the notes")
        .send()
}

/// Lets each pause of up to 16 s pass, until `event` happens. The pauses between the tries for a file are that long.
async fn pass_pauses<T>(clock: &SimClock, event: impl Future<Output = T>) -> T {
    let mut event = std::pin::pin!(event);
    loop {
        tokio::select! {
            biased;
            happened = &mut event => return happened,
            _ = clock.pass_pause(Duration::from_secs(16)) => {}
        }
    }
}

/// The number of messages that wait for their files.
async fn count_incomplete(bot: &Bot) -> u64 {
    bot.store.counts().await.unwrap().incomplete
}

/// The message of the group that waits for its file.
async fn incomplete_message(bot: &Bot, message: i64) -> Option<IncompleteMessage> {
    let (channel, account) = ("telegram".into(), "default".into());
    let id = ExternalId::within(&bot.group.to_string(), &message.to_string());
    let store = &bot.store;
    let waiting = store.incomplete_message(&channel, &account, &id);
    waiting.await.unwrap()
}

#[tokio::test]
async fn s01_a_halting_file_holds_up_only_its_chat() {
    let (bot, record) = repeating_bot().await;
    let (message, held) = send_halting(&bot, "read this");
    bot.say("after");
    bot.telegram.say(bot.private(), bot.ann, "hello");
    assert_answers(&bot, bot.private(), &["hello"]).await;
    // Telegram may forget the updates, because the store has them.
    bot.telegram.until_acknowledged().await;
    assert_eq!(count_incomplete(&bot).await, 2);
    assert!(bot.telegram.bot_messages(bot.group).is_empty());
    held.release();
    assert_answers(&bot, bot.group, &["read this", "after"]).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(kept.attachments[0].size, 9);
    assert_eq!(count_incomplete(&bot).await, 0);
    let begun = record.begun();
    let texts: Vec<_> = begun.iter().map(|turn| turn.texts.join("|")).collect();
    assert_eq!(texts, ["hello", "read this", "after"]);
    // The chat is not slow any more.
    bot.say("last");
    assert_answers(&bot, bot.group, &["read this", "after", "last"]).await;
}

#[tokio::test]
async fn s07_a_kill_during_a_download_loses_and_doubles_nothing() {
    let (mut bot, _) = repeating_bot().await;
    let (message, _held) = send_halting(&bot, "read this");
    bot.say("after");
    bot.telegram.until_acknowledged().await;
    bot.telegram.until_asked("file", 1).await;
    bot.kill();
    assert_eq!(count_incomplete(&bot).await, 2);
    bot.start().await;
    assert_answers(&bot, bot.group, &["read this", "after"]).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(kept.attachments.len(), 1);
    bot.say("last");
    assert_answers(&bot, bot.group, &["read this", "after", "last"]).await;
    assert_eq!(bot.store.counts().await.unwrap().received, 3);
}

#[tokio::test]
async fn an_edit_during_the_download_counts() {
    let (bot, record) = repeating_bot().await;
    let (message, held) = send_halting(&bot, "raed this");
    bot.telegram.until_acknowledged().await;
    let before = incomplete_message(&bot, message).await.unwrap();
    bot.telegram.edit(bot.group, message, "read this");
    let edited = async {
        while incomplete_message(&bot, message).await.as_ref() == Some(&before) {
            tokio::task::yield_now().await;
        }
    };
    within("the edit is stored", edited).await;
    held.release();
    assert_answers(&bot, bot.group, &["read this"]).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(
        (kept.text.as_str(), kept.attachments.len()),
        ("read this", 1)
    );
    assert_eq!(record.begun().len(), 1);
}

#[tokio::test]
async fn a_file_that_never_comes_is_named_in_the_message() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.start().await;
    bot.telegram.fail("file", Fault::Status(503));
    let message = send_file(&bot, bot.group, "read this");
    bot.say("after");
    bot.telegram.say(bot.private(), bot.ann, "hello");
    pass_pauses(&clock, assert_answers(&bot, bot.private(), &["hello"])).await;
    let is_after = |it: &Message| it.author == Some(bot.telegram.bot()) && it.text == "after";
    pass_pauses(&clock, bot.telegram.until_said(bot.group, is_after)).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    let text = &kept.text;
    assert!(
        text.starts_with("read this\n\n[left out: notes.txt"),
        "{text}"
    );
    assert!(kept.attachments.is_empty());
    // A later file comes again.
    bot.telegram.recover();
    let message = send_file(&bot, bot.group, "again");
    let is_again = |it: &Message| it.author == Some(bot.telegram.bot()) && it.text == "again";
    pass_pauses(&clock, bot.telegram.until_said(bot.group, is_again)).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(kept.attachments.len(), 1);
}

#[tokio::test]
async fn a_download_that_halts_for_long_is_tried_again() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.start().await;
    let (message, _held) = send_halting(&bot, "read this");
    bot.telegram.until_asked("file", 1).await;
    let halt = Duration::from_mins(1);
    within("the download halts", clock.someone_sleeps(halt)).await;
    clock.advance(halt);
    pass_pauses(&clock, assert_answers(&bot, bot.group, &["read this"])).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(kept.attachments.len(), 1);
}

#[tokio::test]
async fn s43_a_incomplete_message_goes_with_its_group() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(Arc::clone(&agent)).await;
    let group = bot.telegram.group("Readers", &[bot.ann]);
    let place = super::bot::place(&group.to_string(), super::bot::BOB);
    bot.settings.chat.places.push(place);
    bot.start().await;
    let held = Held::default();
    bot.telegram.fail_next("file", 1, Fault::Hold(held.clone()));
    send_file(&bot, group, "read this");
    bot.telegram.until_acknowledged().await;
    let moved = bot.telegram.migrate(group, bot.ann);
    bot.telegram.say(moved, bot.ann, "after");
    bot.telegram.until_acknowledged().await;
    assert_eq!(count_incomplete(&bot).await, 2);
    held.release();
    assert_answers(&bot, moved, &["read this", "after"]).await;
}

#[tokio::test]
async fn a_row_that_nobody_can_read_costs_only_itself() {
    let (mut bot, _) = repeating_bot().await;
    let (message, _held) = send_halting(&bot, "read this");
    bot.say("after");
    bot.telegram.until_acknowledged().await;
    bot.kill();
    let waiting = incomplete_message(&bot, message).await.unwrap();
    let revised = bot.store.revise_incomplete(waiting.id, "{}".to_owned());
    assert!(revised.await.unwrap());
    bot.start().await;
    assert_answers(&bot, bot.group, &["after"]).await;
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(kept.state, MessageState::Refused);
    let reason = kept.reason.unwrap();
    assert!(reason.contains("another version of Baton"), "{reason}");
}

#[tokio::test]
async fn one_chat_has_room_for_so_many_incomplete_messages() {
    let (bot, _) = repeating_bot().await;
    let (_, held) = send_halting(&bot, "first");
    let later: Vec<_> = (0..100).map(|n| bot.say(&format!("later {n}"))).collect();
    bot.telegram.until_acknowledged().await;
    assert_eq!(count_incomplete(&bot).await, 100);
    // The first message and 99 others wait. The last one is refused, and its author is told.
    let refused = bot.kept(bot.group, later[99]).await.unwrap();
    assert_eq!(refused.state, MessageState::Refused);
    let said = bot.said(1).await;
    assert!(said[0].text.contains("wait for their files"), "{said:?}");
    bot.telegram.say(bot.private(), bot.ann, "hello");
    bot.telegram.until_bot_said(bot.private(), 1).await;
    held.release();
}
