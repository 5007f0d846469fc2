//! Turns in one conversation, as people on Discord see them.

use std::time::Duration;

use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Message, permission};
use baton_testkit::scripted_agent::{answering, scripted};

use super::approval_decisions::button;
use super::bot::{Bot, texts};

#[tokio::test]
async fn s03_a_turn_that_fails_is_told_of_and_the_next_one_runs() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.attempts = 1;
    bot.start().await;
    bot.say("one");
    bot.say("two");
    script.next_turn().await.fail("the model is broken");
    let two = script.next_turn().await;
    assert_eq!(two.texts(), ["two"]);
    two.reply("2");
    let said = bot.said(2).await;
    assert!(
        said[0].content.contains("the model is broken"),
        "{}",
        said[0].content
    );
    assert_eq!(said[1].content, "2");
}

#[tokio::test]
async fn s04_of_two_messages_at_once_one_runs_and_the_other_waits() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    bot.say("two");
    let one = script.next_turn().await;
    bot.discord
        .until_reaction(
            bot.channel,
            bot.discord.last_message(bot.channel).unwrap(),
            "⏳",
            true,
        )
        .await;
    assert!(script.begun().is_none());
    one.reply("1");
    script.next_turn().await.reply("2");
    assert_eq!(texts(&bot.said(2).await), ["1", "2"]);
}

#[tokio::test]
async fn s05_housekeeping_makes_no_second_holder() {
    /// A channel without work frees its state after this time.
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
        let waits = bot.discord.until_reaction(bot.channel, next, "⏳", true);
        waits.await;
        // All idle state is removed twice: while one turn runs and one message waits, and between two turns.
        clock.someone_sleeps(IDLE).await;
        clock.advance(IDLE);
        bot.store.expire().await.unwrap();
        turn.reply(n.to_string());
        clock.advance(IDLE);
        bot.store.expire().await.unwrap();
    }
    script.next_turn().await.reply("20");
    let expected: Vec<_> = (0..=20).map(|n| n.to_string()).collect();
    let last = |message: &Message| message.content == "20" && message.reply_to.is_some();
    bot.discord.until_said(bot.channel, last).await;
    let mut said = bot.discord.messages(bot.channel);
    said.retain(|message| message.reply_to.is_some());
    assert_eq!(texts(&said), expected);
    assert_eq!(record.most_at_once(), 1);
}

#[tokio::test]
async fn s06_a_stop_reaches_the_turn_that_runs_now() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "stop").await;
    bot.say("a");
    bot.say("b");
    script.next_turn().await.reply("done with a");
    let b = script.next_turn().await;
    bot.discord.command(bot.channel, bot.ann, "stop", &[]);
    b.stopped().await;
    drop(b);
    bot.discord
        .until_said(bot.channel, |message| message.content == "done with a")
        .await;
}

#[tokio::test]
async fn s08_an_agent_that_hangs_is_cut_off_and_people_are_told() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.persona.turn_limit = Duration::from_millis(50);
    bot.limits.stop_grace = Duration::from_millis(50);
    bot.start().await;
    bot.say("one");
    let hangs = script.next_turn().await;
    hangs.ignore_stop();
    hangs.gone().await;
    let told = bot.said(1).await;
    assert!(told[0].reply_to.is_some(), "{told:?}");
    bot.say("two");
    script.next_turn().await.reply("2");
    bot.discord
        .until_said(bot.channel, |message| message.content == "2")
        .await;
}

#[tokio::test]
async fn s10_what_comes_with_a_reset_is_answered() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "reset").await;
    let eve = bot.keeper("eve", permission::MANAGE_MESSAGES);
    bot.say("one");
    let one = script.next_turn().await;
    let reset = bot.discord.command(bot.channel, eve, "reset", &[]);
    let asked = bot.discord.until_answered(reset).await;
    let pressed = bot.discord.press(
        bot.channel,
        asked.id,
        &button(&asked, "Forget the session"),
        eve,
    );
    bot.say("two");
    bot.discord.until_answered(pressed).await;
    one.reply("1");
    let two = script.next_turn().await;
    assert!(two.turn.claim.session.is_none(), "a new session");
    two.reply("2");
    bot.discord
        .until_said(bot.channel, |message| message.content == "2")
        .await;
}

#[tokio::test]
async fn s11_what_is_too_much_for_the_queue_is_refused_with_a_word() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.waiting = 1;
    bot.start().await;
    bot.say("one");
    let one = script.next_turn().await;
    bot.say("two");
    let three = bot.say("three");
    let told = bot.said(1).await;
    assert!(
        told[0].content.starts_with("Not taken: "),
        "{}",
        told[0].content
    );
    assert_eq!(told[0].reply_to, Some(three));
    one.reply("1");
    script.next_turn().await.reply("2");
    let last = |message: &Message| message.content == "2";
    bot.discord.until_said(bot.channel, last).await;
    let said = bot.said(3).await;
    assert_eq!(texts(&said)[1..], ["1", "2"], "told once");
}

#[tokio::test]
async fn a_reply_that_shows_nothing_holds_up_nobody() {
    let (agent, _) = answering(|turn| {
        let blank = turn.prompt().contains("blank");
        let text = if blank { " \n\n " } else { "seen" };
        Ok(baton_core::agent::Reply::text(text))
    });
    let bot = Bot::started(agent).await;
    bot.say("blank");
    bot.say("plain");
    assert_eq!(texts(&bot.said(1).await), ["seen"]);
}

#[tokio::test]
async fn s72_what_shows_nothing_within_a_reply_is_left_out() {
    let (agent, _) = answering(|_| {
        let blank = "\u{a0}\n".repeat(3_000);
        Ok(baton_core::agent::Reply::text(format!(
            "first\n\n{blank}\n\nlast"
        )))
    });
    let bot = Bot::started(agent).await;
    bot.say("go");
    let last = |message: &Message| message.content.contains("last");
    bot.discord.until_said(bot.channel, last).await;
    assert!(bot.said(1).await[0].content.starts_with("first"));
}

#[tokio::test]
async fn s72_what_elsewhere_shows_nothing_or_is_broken_is_said_all_the_same() {
    let (agent, _) = answering(|turn| Ok(baton_core::agent::Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    let odd = [
        "<!-- word -->",
        "<script>word</script>",
        "[word]: https://example.org",
        "[^word]: a note",
        "```\nword",
        "**word `_",
        "![word](",
        "| word |\n|---",
        "\\ word \u{202e}\u{0}",
    ];
    for (count, text) in (1..).zip(odd) {
        bot.say(text);
        let said = bot.said(count).await;
        let said = &said[count - 1].content;
        assert!(said.contains("word"), "{text:?} became {said:?}");
    }
}

#[tokio::test]
async fn s75_typing_ends_where_a_turn_fails() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.limits.retry.attempts = 1;
    bot.start().await;
    bot.say("one");
    let turn = script.next_turn().await;
    bot.discord.until_typing(bot.channel).await;
    // The typing indicator is sent again, and after five seconds the progress message appears.
    for seconds in [5, 3] {
        let pause = Duration::from_secs(seconds);
        within("it waits so long", clock.someone_sleeps(pause)).await;
        clock.advance(pause);
    }
    let typing = "trigger_typing_indicator";
    bot.discord.until_asked(typing, 2).await;
    turn.fail("broken");
    // The progress message disappears at the end of the turn.
    let told = |said: &[Message]| said.len() == 2 && said[1].content.contains("broken");
    bot.discord.until_messages(bot.channel, told).await;
    assert!(!bot.discord.is_typing(bot.channel));
    clock.advance(Duration::from_mins(1));
    bot.say("two");
    script.next_turn().await.reply("2");
    bot.said(2).await;
    assert!(bot.discord.until_asked(typing, 2).await.len() <= 3);
}

#[tokio::test]
async fn s77_a_session_that_is_taken_away_leaves_nobody_deaf() {
    let (agent, _) = answering(|turn| Ok(baton_core::agent::Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.say("one");
    bot.said(1).await;
    bot.discord.invalidate_sessions(false);
    bot.discord.until_identified(2).await;
    bot.say("two");
    bot.said(2).await;
    // A close code for an error of Discord. The session can be resumed.
    bot.discord.drop_sockets(Some(4_000));
    bot.discord.until_resumed(1).await;
    bot.say("three");
    assert_eq!(texts(&bot.said(3).await), ["one", "two", "three"]);
}

#[tokio::test]
async fn s12_people_are_told_of_a_session_that_the_agent_did_not_know() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    script.next_turn().await.end(Ok(baton_core::agent::Reply {
        notes: vec!["The session was not known any more; this is a new one.".to_owned()],
        ..baton_core::agent::Reply::text("1")
    }));
    let said = bot.said(2).await;
    let expected = [
        "The session was not known any more; this is a new one.",
        "1",
    ];
    assert_eq!(texts(&said), expected);
}
