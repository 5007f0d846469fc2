//! Updates from Telegram, good and bad.

use std::time::Duration;

use baton_chat::connector::ConnectionStage;
use baton_core::agent::Reply;
use baton_testkit::agent_run::within;
use baton_testkit::scripted_agent::{answering, scripted};
use baton_testkit::telegram::{Fault, Message};
use serde_json::json;

use super::bot::{Bot, echo_agent, texts};

#[tokio::test]
async fn s09_an_update_that_comes_again_is_answered_once() {
    let mut bot = Bot::started(echo_agent()).await;
    bot.say("one");
    bot.said(1).await;
    bot.telegram.until_acknowledged().await;
    // The next poll is carried out, and its answer is lost. Telegram gives the update again.
    bot.telegram.fail_next("getUpdates", 1, Fault::LoseAnswer);
    bot.say("two");
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
    bot.until_settled().await;
    bot.kill();
    bot.start().await;
    bot.say("three");
    assert_eq!(texts(&bot.said(3).await), ["one", "two", "three"]);
}

/// A bot that was killed after its answer to a first message. Telegram has no update for the bot.
async fn killed_after_an_answer() -> Bot {
    let mut bot = Bot::started(echo_agent()).await;
    bot.say("one");
    bot.said(1).await;
    bot.telegram.until_acknowledged().await;
    bot.until_settled().await;
    bot.kill();
    bot
}

#[tokio::test]
async fn s76_messages_of_an_outage_are_answered_in_order() {
    let mut bot = killed_after_an_answer().await;
    for text in ["two", "three", "four"] {
        bot.say(text);
    }
    bot.start().await;
    let said = bot.said(4).await;
    assert_eq!(texts(&said), ["one", "two", "three", "four"]);
}

#[tokio::test]
async fn the_first_poll_tells_at_once_that_the_connection_works() {
    let (agent, _) = scripted();
    let clock = baton_testkit::clock::SimClock::shared();
    let mut bot = Bot::with_clock(clock, agent).await;
    bot.start_unconnected().await;
    let is_live =
        |states: &std::collections::BTreeMap<u32, baton_chat::connector::ConnectionState>| {
            states
                .values()
                .all(|state| state.stage == ConnectionStage::Live)
                && !states.is_empty()
        };
    // The clock stands still, so no poll without updates ends by time.
    within(
        "the connection is live",
        bot.connections.wait_until(is_live),
    )
    .await;
}

#[tokio::test]
async fn s77_another_poller_is_reported_and_does_not_end_the_bot() {
    let bot = Bot::started(echo_agent()).await;
    bot.telegram.set_other_poller(true);
    let states = within(
        "the conflict is reported",
        bot.connections.wait_until(|states| {
            let mut states = states.values();
            states.any(|state| state.last_loss.is_some())
        }),
    );
    let states = states.await;
    let loss = states[&0].last_loss.clone().unwrap();
    assert!(loss.contains("another program reads the updates"), "{loss}");
    assert!(matches!(states[&0].stage, ConnectionStage::Waiting { .. }));
    bot.telegram.set_other_poller(false);
    bot.say("hello");
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
}

#[tokio::test]
async fn s77_a_webhook_of_somebody_else_is_named() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.telegram.set_foreign_webhook("https://example.org/hook");
    bot.start_unconnected().await;
    let states = within(
        "the webhook is reported",
        bot.connections.wait_until(|states| {
            let mut states = states.values();
            states.any(|state| state.last_loss.is_some())
        }),
    );
    let loss = states.await[&0].last_loss.clone().unwrap();
    assert!(loss.contains("https://example.org/hook"), "{loss}");
}

#[tokio::test]
async fn a_wrong_token_ends_the_program_with_a_reason() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.telegram.set_token("1:other");
    bot.start_unconnected().await;
    let why = bot.failed().await;
    assert!(why.contains("does not know the token"), "{why}");
    assert!(!why.contains(bot.telegram.token()), "{why}");
}

#[tokio::test]
async fn s79_an_unreadable_update_costs_only_itself() {
    let bot = Bot::started(echo_agent()).await;
    bot.say("one");
    bot.telegram
        .send_update(json!({ "message": { "chat": "wrong", "from": [] } }));
    bot.telegram.send_update(json!({ "message": 7 }));
    bot.telegram
        .send_update(json!({ "a_new_kind": { "x": 1 } }));
    bot.say("two");
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
}

#[tokio::test]
async fn update_ids_that_begin_anew_are_read() {
    let mut bot = killed_after_an_answer().await;
    bot.telegram.restart_update_ids(5);
    bot.start().await;
    bot.say("two");
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
}

#[tokio::test]
async fn a_poll_without_an_answer_is_given_up() {
    let clock = baton_testkit::clock::SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.start().await;
    bot.telegram.set_polls_hang(true);
    bot.say("hello");
    let silence = Duration::from_secs(90);
    let silent = bot.connections.wait_until(|states| {
        let mut states = states.values();
        states.any(|state| state.last_loss.is_some())
    });
    let states = within("the silence is noticed", clock.pass_until(silence, silent)).await;
    let loss = states[&0].last_loss.clone().unwrap();
    assert!(loss.contains("no answer for 90 s"), "{loss}");
    bot.telegram.set_polls_hang(false);
    let pause = Duration::from_millis(500);
    let said = clock.pass_until(pause, bot.said(1));
    assert_eq!(texts(&within("it answers", said).await), ["hello"]);
}

/// A person sends a photo of an album.
pub(super) fn send_photo(bot: &Bot, caption: &str) -> i64 {
    let saying = bot.telegram.saying(bot.group, bot.ann);
    let saying = saying.photo(vec![1, 2, 3]).album("album");
    saying.text(caption).send()
}

/// An album of three photos is one message for the agent, and the next message is a message of its own. `start` starts the
/// bot.
pub(super) async fn check_album(start: impl AsyncFnOnce(&mut Bot)) {
    let (agent, record) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    start(&mut bot).await;
    for caption in ["three photos", "", ""] {
        send_photo(&bot, caption);
    }
    let answer = |text: &'static str| {
        let us = Some(bot.telegram.bot());
        let like = move |it: &Message| it.author == us && it.text == text;
        bot.telegram.until_said(bot.group, like)
    };
    answer("three photos").await;
    bot.say("after");
    answer("after").await;
    let begun = record.begun();
    let texts: Vec<_> = begun.iter().map(|turn| turn.texts.join("|")).collect();
    assert_eq!(texts, ["three photos", "after"]);
}

#[tokio::test]
async fn an_album_is_one_message() {
    check_album(async |bot| bot.start().await).await;
}

#[tokio::test]
async fn a_command_below_a_photo_of_an_album_is_words_for_the_agent() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    for caption in ["/status of the roof", ""] {
        send_photo(&bot, caption);
    }
    bot.say("after");
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["/status of the roof"]);
    turn.reply("seen");
    bot.said(1).await;
}

#[tokio::test]
async fn a_file_reaches_the_agent() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let saying = bot.telegram.saying(bot.group, bot.ann).text("read this");
    let message = saying
        .document("notes.txt", "text/plain", "the notes")
        .send();
    let turn = script.next_turn().await;
    assert_eq!(turn.texts(), ["read this"]);
    let kept = bot.kept(bot.group, message).await.unwrap();
    assert_eq!(kept.attachments.len(), 1);
    assert_eq!(kept.attachments[0].name, "notes.txt");
    assert_eq!(kept.attachments[0].size, 9);
    turn.reply("read");
    bot.said(1).await;
}

#[tokio::test]
async fn an_album_that_is_not_complete_holds_up_no_other_chat() {
    let (agent, mut script) = scripted();
    let clock = baton_testkit::clock::SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    let saying = bot.telegram.saying(bot.group, bot.ann);
    saying
        .photo(vec![1, 2, 3])
        .album("a")
        .text("two photos")
        .send();
    bot.telegram.until_acknowledged().await;
    // The clock stands still, so the album still waits for its other photos.
    bot.telegram.say(bot.private(), bot.ann, "private");
    let turn = within("the turn in the private chat begins", script.next_turn()).await;
    assert_eq!(turn.texts(), ["private"]);
    turn.reply("seen");
    let saying = bot.telegram.saying(bot.group, bot.ann);
    saying.photo(vec![1, 2, 3]).album("a").send();
    bot.telegram.until_acknowledged().await;
    let album = clock.pass_until(Duration::from_millis(800), script.next_turn());
    let album = within("the turn of the album begins", album).await;
    assert_eq!(album.texts(), ["two photos"]);
    album.reply("seen");
}

#[tokio::test]
async fn a_kill_between_two_photos_of_a_poll_loses_none_and_joins_them() {
    let (agent, mut script) = scripted();
    let clock = baton_testkit::clock::SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    let saying = bot.telegram.saying(bot.group, bot.ann);
    let first = saying
        .photo(vec![1, 2, 3])
        .album("a")
        .text("two photos")
        .send();
    bot.telegram.until_acknowledged().await;
    bot.kill();
    let saying = bot.telegram.saying(bot.group, bot.ann);
    saying.photo(vec![1, 2, 3]).album("a").send();
    bot.start().await;
    bot.telegram.until_acknowledged().await;
    let album = clock.pass_until(Duration::from_millis(800), script.next_turn());
    let album = within("the turn of the album begins", album).await;
    assert_eq!(album.texts(), ["two photos"]);
    album.reply("seen");
    let kept = bot.kept(bot.group, first).await.unwrap();
    assert_eq!(kept.attachments.len(), 2);
}
