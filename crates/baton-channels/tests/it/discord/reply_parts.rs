//! Replies of several messages. Each message is sent once, even if a later one is refused.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_core::delivery::DeliveryState;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Held, Message};
use baton_testkit::scripted_agent::{Abilities, Script, answering, scripted_with};

use super::bot::{Bot, texts};

/// The first words of three messages of one reply.
const MESSAGES: [&str; 3] = ["one", "two", "three"];

/// A reply of three messages.
fn long_reply() -> String {
    let paragraphs = MESSAGES.map(|word| format!("{word} {}", "x".repeat(1_900)));
    paragraphs.join("\n\n")
}

/// Lets two messages pass, and fails the third in this way. Until [`Held::release`], the second message has no
/// answer.
fn fail_third(bot: &Bot, fault: Fault) -> Held {
    let passed = Held::default();
    passed.release();
    let second = Held::default();
    let fail = |fault| bot.discord.fail_next("create_message", 1, fault);
    fail(Fault::Hold(passed));
    fail(Fault::Hold(second.clone()));
    fail(fault);
    second
}

/// The first words of the messages.
fn first_words(messages: &[Message]) -> Vec<&str> {
    let messages = messages.iter();
    let words = messages.map(|it| it.content.split(' ').next().unwrap_or_default());
    words.collect()
}

/// Takes away what Discord knows about the first message, so that only Baton's own record tells of it.
async fn hide_first_message(bot: &Bot) {
    let first = bot.said(1).await.remove(0);
    bot.discord.delete(bot.channel, first.id);
    bot.discord.forget_nonces();
}

#[tokio::test]
async fn after_a_third_message_that_failed_only_this_message_is_sent_again() {
    let (agent, _) = answering(move |_| Ok(Reply::text(long_reply())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    let second = fail_third(&bot, Fault::Status(503));
    bot.say("much, please");
    bot.said(2).await;
    hide_first_message(&bot).await;
    second.release();
    let all = async {
        loop {
            clock.pass_pause(Duration::from_secs(1)).await;
        }
    };
    let said = tokio::select! {
        said = bot.discord.until_said(bot.channel, |it| it.content.starts_with("three")) => said,
        never = all => never,
    };
    assert!(said.reply_to.is_none(), "the first message quotes");
    assert_eq!(first_words(&bot.said(2).await), ["two", "three"]);
    // Four requests: three messages, and the third again.
    assert_eq!(bot.discord.until_asked("create_message", 4).await.len(), 4);
}

#[tokio::test]
async fn a_replay_after_a_third_message_that_was_refused_sends_only_this_message() {
    let (agent, _) = answering(move |turn| {
        let is_long = turn.prompt().contains("much");
        Ok(Reply::text(if is_long {
            long_reply()
        } else {
            "little".to_owned()
        }))
    });
    let bot = Bot::started(agent).await;
    fail_third(&bot, Fault::Error(403, 50_013, "Missing Permissions")).release();
    bot.say("much, please");
    bot.said(2).await;
    // The next reply follows only after the refused one is dead.
    bot.say("a word, please");
    assert_eq!(first_words(&bot.said(3).await), ["one", "two", "little"]);
    let dead = bot.store.dead(10).await.unwrap().remove(0);
    hide_first_message(&bot).await;
    bot.store.replay(dead.id, &"ann".into()).await.unwrap();
    bot.discord
        .until_said(bot.channel, |it| it.content.starts_with("three"))
        .await;
    assert_eq!(first_words(&bot.said(3).await), ["two", "little", "three"]);
    assert_eq!(bot.discord.until_asked("create_message", 5).await.len(), 5);
    let counts = bot.store.counts().await.unwrap();
    assert_eq!(counts.deliveries_in(DeliveryState::Dead), 0);
}

const UNAUTHORIZED: Fault = Fault::Error(401, 0, "401: Unauthorized");

/// A bot with short pauses, whose agent sends files.
async fn start_with_files() -> (Bot, Script) {
    let (agent, script) = scripted_with(Abilities {
        handles_files: true,
        ..Abilities::default()
    });
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = Duration::from_millis(20);
    bot.start().await;
    (bot, script)
}

#[tokio::test]
async fn a_note_about_an_unsent_file_is_sent_after_a_failure_too() {
    let (bot, mut script) = start_with_files().await;
    bot.discord.set_largest_file(0);
    bot.say("write");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    std::fs::write(outbox.join("large.txt"), "text").unwrap();
    // The message with the file, the message without the file, and the note.
    fail_third(&bot, UNAUTHORIZED).release();
    turn.reply("done");
    let said = bot.said(2).await;
    assert_eq!(
        texts(&said),
        ["done", "*Not sent: large.txt is too large.*"]
    );
}

#[tokio::test]
async fn a_message_that_arrived_needs_its_file_no_more() {
    let (bot, mut script) = start_with_files().await;
    bot.say("write");
    let turn = script.next_turn().await;
    let outbox = turn.turn.files.outbox.clone().unwrap();
    std::fs::write(outbox.join("back.txt"), "HELLO").unwrap();
    bot.discord
        .fail_next("create_message", 1, Fault::LoseAnswer);
    bot.discord.fail("list_messages", UNAUTHORIZED);
    turn.reply("done");
    bot.said(1).await;
    let conversation = outbox.ancestors().nth(2).unwrap();
    std::fs::remove_dir_all(conversation.join("kept")).unwrap();
    bot.discord.recover();
    bot.say("end");
    script.next_turn().await.reply("end");
    assert_eq!(texts(&bot.said(2).await), ["done", "end"]);
}
