//! Turns in one conversation, as people on Telegram see them.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_core::clock::Clock;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::scripted;
use baton_testkit::telegram::{Fault, Message};

use super::bot::{Bot, texts};
use super::waits::{until_answers, while_pauses_pass};

/// The mark of a message that waits.
const WAITS: &str = "👀";

#[tokio::test]
async fn s02_a_long_turn_holds_up_no_other_topic() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topics =
        ["ships", "trains"].map(|name| bot.telegram.create_topic(bot.group, bot.ann, name));
    bot.telegram.say_in(bot.group, topics[0], bot.ann, "long");
    let long = script.next_turn().await;
    bot.telegram.say_in(bot.group, topics[1], bot.ann, "short");
    script.next_turn().await.reply("at once");
    let said = bot.said(1).await;
    assert_eq!(
        (said[0].text.as_str(), said[0].topic),
        ("at once", Some(topics[1]))
    );
    long.reply("at last");
    let said = bot.said(2).await;
    assert_eq!(
        (said[1].text.as_str(), said[1].topic),
        ("at last", Some(topics[0]))
    );
}

#[tokio::test]
async fn s03_failed_and_panicked_turns_are_told_and_the_next_one_runs() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.attempts = 1;
    bot.start().await;
    let asked = ["one", "two", "three"].map(|text| bot.say(text));
    script.next_turn().await.fail("the model is broken");
    script.next_turn().await.panic();
    let three = script.next_turn().await;
    assert_eq!(three.texts(), ["three"]);
    three.reply("3");
    let said = bot.said(3).await;
    assert!(said[0].text.contains("the model is broken"), "{said:?}");
    assert!(said[1].text.starts_with("Not answered"), "{said:?}");
    assert_eq!(said[2].text, "3");
    let quoted: Vec<_> = said.iter().map(|message| message.reply_to).collect();
    assert_eq!(quoted, asked.map(Some));
}

#[tokio::test]
async fn s04_of_two_messages_in_one_poll_one_runs_and_the_other_waits() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    // Both messages come with the first answer to the bot.
    bot.say("one");
    let two = bot.say("two");
    bot.start_unconnected().await;
    let one = script.next_turn().await;
    assert_eq!(one.texts(), ["one"]);
    bot.telegram.until_reaction(bot.group, two, WAITS).await;
    assert!(script.begun().is_none());
    one.reply("1");
    script.next_turn().await.reply("2");
    assert_eq!(texts(&bot.said(2).await), ["1", "2"]);
    bot.telegram.until_reaction(bot.group, two, "").await;
}

#[tokio::test]
async fn s05_housekeeping_makes_no_second_holder() {
    /// A chat without work frees its state after this time.
    const IDLE: Duration = Duration::from_secs(30);
    let (agent, mut script) = scripted();
    let record = script.record().clone();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    bot.say("0");
    for n in 0..20 {
        let turn = script.next_turn().await;
        assert_eq!(turn.texts(), [n.to_string()]);
        let next = bot.say(&(n + 1).to_string());
        bot.telegram.until_reaction(bot.group, next, WAITS).await;
        // All idle state is removed twice: while one turn runs and one message waits, and between two turns.
        clock.advance(IDLE);
        bot.store.expire().await.unwrap();
        turn.reply(n.to_string());
        clock.advance(IDLE);
        bot.store.expire().await.unwrap();
    }
    script.next_turn().await.reply("20");
    let said = while_pauses_pass(&clock, until_answers(&bot, 21));
    let expected: Vec<_> = (0..=20).map(|n| n.to_string()).collect();
    assert_eq!(within("the last reply", said).await, expected);
    assert_eq!(record.most_at_once(), 1);
}

#[tokio::test]
async fn s06_a_stop_reaches_the_turn_that_runs_now() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("a");
    bot.say("b");
    script.next_turn().await.reply("done with a");
    let b = script.next_turn().await;
    bot.say("/stop");
    b.stopped().await;
    drop(b);
    let done = |message: &Message| message.text == "done with a";
    bot.telegram.until_said(bot.group, done).await;
}

/// "Within a second": Baton, the store and the fake Telegram share a stopped clock, so the stop takes no time at all.
/// "The global limit" has both meanings: all slots are taken, and Telegram refuses all messages of the bot.
#[tokio::test]
async fn s07_a_stop_takes_no_time_while_all_turns_are_taken_and_telegram_limits_the_bot() {
    let limited = Duration::from_secs(40);
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.limits.turns = 2;
    bot.start().await;
    let private = bot.private();
    bot.say("long");
    let long = script.next_turn().await;
    bot.telegram.say(private, bot.ann, "short");
    let short = script.next_turn().await;
    bot.telegram
        .fail_next("sendMessage", 1, Fault::Limited(limited.as_secs()));
    short.reply("1");
    bot.telegram.until_asked("sendMessage", 1).await;
    let now = clock.steady();
    bot.telegram
        .say(private, bot.ann, "takes the turn that is free");
    let second = script.next_turn().await;
    let waiting = bot.say("waits");
    // In the pause, the message has no reaction yet.
    bot.until_kept(bot.group, waiting, "waits").await;
    bot.say("/stop");
    long.stopped().await;
    drop(long);
    let next = script.next_turn().await;
    assert_eq!(next.texts(), ["waits"]);
    assert_eq!(clock.steady(), now);
    assert_eq!(bot.telegram.until_asked("sendMessage", 1).await.len(), 1);
    // After the pause, people see the answers.
    next.reply("2");
    second.reply("3");
    let answer = |text: &'static str| move |message: &Message| message.text.contains(text);
    let all = async {
        bot.telegram.until_said(private, answer("1")).await;
        bot.telegram.until_said(private, answer("3")).await;
        bot.telegram.until_said(bot.group, answer("2")).await;
        bot.telegram.until_said(bot.group, answer("Stopped.")).await;
    };
    within("all answers", while_pauses_pass(&clock, all)).await;
}

#[tokio::test]
async fn s08_an_agent_that_hangs_is_cut_off_and_people_are_told() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.persona.turn_limit = Duration::from_millis(50);
    bot.limits.stop_grace = Duration::from_millis(50);
    bot.start().await;
    let one = bot.say("one");
    let hangs = script.next_turn().await;
    hangs.ignore_stop();
    hangs.gone().await;
    let told = bot.said(1).await;
    assert_eq!(told[0].reply_to, Some(one));
    assert!(told[0].text.starts_with("Not answered"), "{told:?}");
    bot.say("two");
    script.next_turn().await.reply("2");
    let next = |message: &Message| message.text == "2";
    bot.telegram.until_said(bot.group, next).await;
}

#[tokio::test]
async fn s10_a_message_during_a_reset_is_answered_by_the_new_session() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "one");
    let one = script.next_turn().await;
    bot.telegram.say(private, bot.ann, "/reset");
    let has_button = |message: &Message| !message.buttons().is_empty();
    let asked = bot.telegram.until_said(private, has_button).await;
    let pressed = bot
        .telegram
        .press_label(private, asked.id, bot.ann, "Forget the session");
    bot.telegram.say(private, bot.ann, "two");
    bot.telegram.until_answered(&pressed).await;
    one.reply("1");
    let two = script.next_turn().await;
    assert_eq!(two.texts(), ["two"]);
    assert!(two.turn.claim.session.is_none(), "a new session");
    two.reply("2");
    let second = |message: &Message| message.text == "2";
    bot.telegram.until_said(private, second).await;
}

#[tokio::test]
async fn s11_messages_during_a_turn_wait_and_one_too_many_is_refused_once() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.waiting = 1;
    bot.start().await;
    bot.say("one");
    let one = script.next_turn().await;
    let two = bot.say("two");
    bot.telegram.until_reaction(bot.group, two, WAITS).await;
    let three = bot.say("three");
    let told = bot.said(1).await;
    assert!(told[0].text.starts_with("Not taken: "), "{told:?}");
    assert_eq!(told[0].reply_to, Some(three));
    one.reply("1");
    script.next_turn().await.reply("2");
    let said = bot.said(3).await;
    assert_eq!(texts(&said)[1..], ["1", "2"], "told once");
}

#[tokio::test]
async fn s12_people_are_told_of_a_session_that_the_agent_did_not_know() {
    const NEW: &str = "The session was not known any more; this is a new one.";
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    script.next_turn().await.end(Ok(Reply {
        notes: vec![NEW.to_owned()],
        ..Reply::text("1")
    }));
    assert_eq!(texts(&bot.said(2).await), [NEW, "1"]);
}
