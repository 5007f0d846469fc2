//! Updates by webhook that belong together: albums, and long texts that a client has split.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{Script, answering, scripted};

use super::bot::Bot;
use super::receiving::{check_album, send_photo};
use super::webhook::{IngestGate, start_with_webhook};

/// The time that Baton waits for further parts.
const GATHERING: Duration = Duration::from_millis(800);

/// Longer than the pause that Telegram asks for between two registrations.
const BETWEEN_STARTS: Duration = Duration::from_secs(2);

/// The length at which a client splits a text.
const LONG: usize = 4_096;

/// Waits for a turn about the album of two photos that began with the message `first`.
async fn until_two_photos_seen(bot: &Bot, clock: &SimClock, script: &mut Script, first: i64) {
    let turn = clock.pass_until(GATHERING, script.next_turn());
    let turn = within("the turn begins", turn).await;
    assert_eq!(turn.texts(), ["two photos"]);
    turn.reply("seen");
    let kept = bot.kept(bot.group, first).await.unwrap();
    assert_eq!(kept.attachments.len(), 2);
}

#[tokio::test]
async fn an_album_by_webhook_is_one_message() {
    check_album(start_with_webhook).await;
}

#[tokio::test]
async fn a_kill_between_two_parts_loses_none_and_joins_them() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    start_with_webhook(&mut bot).await;
    // Telegram sends the next photo only after the answer to the one before.
    let first = send_photo(&bot, "two photos");
    bot.telegram.until_acknowledged().await;
    bot.kill();
    clock.advance(BETWEEN_STARTS);
    start_with_webhook(&mut bot).await;
    send_photo(&bot, "");
    bot.telegram.until_acknowledged().await;
    until_two_photos_seen(&bot, &clock, &mut script, first).await;
}

#[tokio::test]
async fn the_parts_of_a_long_text_are_one_message() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    start_with_webhook(&mut bot).await;
    bot.say(&"x".repeat(LONG));
    bot.say("the end");
    bot.telegram.until_acknowledged().await;
    let turn = within("the turn begins", script.next_turn()).await;
    assert_eq!(turn.texts(), [format!("{}the end", "x".repeat(LONG))]);
    turn.reply("read");
}

#[tokio::test]
async fn a_slow_commit_of_another_chat_holds_no_part_for_ever() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    let gate = IngestGate::open_over(&mut bot);
    start_with_webhook(&mut bot).await;
    let long = "x".repeat(LONG);
    bot.say(&long);
    bot.telegram.until_acknowledged().await;
    gate.is_open.send_replace(false);
    bot.telegram.say(bot.private(), bot.ann, "private");
    gate.until_waiting().await;
    clock.advance(2 * GATHERING);
    gate.is_open.send_replace(true);
    let mut texts = Vec::new();
    for _ in 0..2 {
        let turn = within("a turn begins", script.next_turn()).await;
        texts.push(turn.texts().concat());
        turn.reply("read");
    }
    texts.sort();
    assert_eq!(texts, ["private".to_owned(), long]);
}

#[tokio::test]
async fn the_wait_for_the_next_part_begins_after_the_commit() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    let gate = IngestGate::open_over(&mut bot);
    start_with_webhook(&mut bot).await;
    gate.is_open.send_replace(false);
    let first = send_photo(&bot, "two photos");
    gate.until_waiting().await;
    clock.advance(2 * GATHERING);
    gate.is_open.send_replace(true);
    bot.telegram.until_acknowledged().await;
    send_photo(&bot, "");
    bot.telegram.until_acknowledged().await;
    until_two_photos_seen(&bot, &clock, &mut script, first).await;
}

#[tokio::test]
async fn without_the_webhook_baton_removes_its_own_and_passes_the_stored_part_on() {
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    start_with_webhook(&mut bot).await;
    let long = "x".repeat(LONG);
    bot.say(&long);
    bot.telegram.until_acknowledged().await;
    bot.kill();
    bot.settings.webhook = None;
    bot.start().await;
    // Long enough that the next text continues no earlier one.
    clock.advance(BETWEEN_STARTS);
    bot.say("by poll");
    let answered = bot.telegram.until_said(bot.group, |it| {
        it.text == "by poll" && it.author == Some(bot.telegram.bot())
    });
    answered.await;
    bot.telegram.until_asked("deleteWebhook", 1).await;
    let begun = record.begun();
    let texts: Vec<_> = begun.iter().flat_map(|turn| turn.texts.clone()).collect();
    assert_eq!(texts, [long, "by poll".to_owned()]);
}
