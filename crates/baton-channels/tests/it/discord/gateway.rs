//! The connection to Discord's gateway recovers by itself, without a flood of requests.

use std::sync::Arc;
use std::time::Duration;

use baton_chat::connector::{ConnectionStage, ConnectionState};
use baton_core::agent::Reply;
use baton_core::clock::{Clock, Steady};
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Ending, Fault, Step};
use baton_testkit::scripted_agent::answering;

use super::bot::{Bot, texts};

/// Each way for a gateway to end a connection.
const ENDINGS: [Ending; 4] = [
    Ending::Close(4_000),
    Ending::CloseWithoutCode,
    Ending::Cut,
    Ending::Abort,
];

/// Discord's minimum time between two new sessions.
const APART: Duration = Duration::from_secs(5);

/// A connected bot on a stopped clock.
async fn connected() -> (Bot, Arc<SimClock>) {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    until(&bot, "it is live", |state| {
        state.stage == ConnectionStage::Live
    })
    .await;
    (bot, clock)
}

/// Waits for a state of the connection.
async fn until(bot: &Bot, what: &str, like: impl Fn(&ConnectionState) -> bool) -> ConnectionState {
    let wanted = bot
        .connections
        .wait_until(|states| states.get(&0).is_some_and(&like));
    within(what, wanted).await[&0].clone()
}

/// Waits until this many tries in a row have failed. Returns the time of the next try.
async fn lost(bot: &Bot, failures: u32) -> Steady {
    let what = format!("{failures} tries have failed");
    let waits = |state: &ConnectionState| {
        state.failures == failures && matches!(state.stage, ConnectionStage::Waiting { .. })
    };
    match until(bot, &what, waits).await.stage {
        ConnectionStage::Waiting { until } => until,
        other => panic!("{other:?}"),
    }
}

/// Writes a message. The bot must have answered this number of messages afterwards.
async fn hears(bot: &Bot, times: usize) {
    bot.say("still there?");
    assert_eq!(texts(&bot.said(times).await), vec!["still there?"; times]);
}

#[tokio::test]
async fn s79_the_bot_connects_whatever_discord_says_about_its_gateway() {
    for body in [
        "{}",
        r#"{"url": 7, "shards": "one", "session_start_limit": []}"#,
        r#"{"shards": 1, "session_start_limit": {"total": null, "remaining": -1, "max_concurrency": "x"}}"#,
    ] {
        let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
        let mut bot = Bot::with_clock(SimClock::shared(), agent).await;
        let answer = Fault::Answer {
            status: 200,
            headers: Vec::new(),
            body: body.as_bytes().to_vec(),
        };
        bot.discord.fail("get_bot_gateway", answer);
        bot.start().await;
        bot.say("hello");
        bot.said(1).await;
    }
}

#[tokio::test]
async fn s92_a_session_that_cannot_be_resumed_three_times_is_begun_anew() {
    for ending in ENDINGS
        .into_iter()
        .chain([Ending::Invalid { resumable: true }])
    {
        let (bot, clock) = connected().await;
        bot.discord.fail_connections(Step::Resuming, ending);
        bot.discord.drop_sockets(Some(4_000));
        // The first try follows at once, and later tries follow after pauses.
        for failures in 2..=4 {
            let until = lost(&bot, failures).await;
            assert_eq!(bot.discord.resumes(), failures as usize - 1, "{ending:?}");
            clock.advance_to(until);
        }
        clock.advance(APART);
        bot.discord.until_identified(2).await;
        hears(&bot, 1).await;
        assert_eq!(bot.discord.resumes(), 3, "{ending:?}");
        assert_eq!(bot.discord.connections().len(), 5, "{ending:?}");
    }
}

#[tokio::test]
async fn s92_pauses_grow_where_connections_are_taken_and_closed() {
    for (step, ending) in ENDINGS
        .map(|ending| (Step::Greeting, ending))
        .into_iter()
        .chain([(Step::Live, Ending::Close(4_000))])
    {
        let (bot, clock) = connected().await;
        clock.advance(APART);
        bot.discord.fail_connections(step, ending);
        bot.discord.drop_sockets(Some(4_000));
        for failures in 2..=10 {
            let until = lost(&bot, failures).await;
            assert_eq!(bot.discord.connections().len(), failures as usize);
            clock.advance_to(until);
            if step == Step::Live {
                // A new session also has a minimum pause.
                clock.advance(APART);
            }
        }
        let until = lost(&bot, 11).await;
        let tries = bot.discord.connections();
        let gaps: Vec<_> = tries.windows(2).map(|two| two[1].since(two[0])).collect();
        let longest = Duration::from_secs(15)..=Duration::from_secs(30) + APART;
        let grows = |two: &[Duration]| two[1] > two[0] || longest.contains(&two[1]);
        let grow = gaps.windows(2).skip(1).all(grows) || step == Step::Live;
        assert!(grow, "{ending:?}: {gaps:?}");
        assert!(longest.contains(&gaps[9]), "{ending:?}: {gaps:?}");
        bot.discord.recover_connections();
        clock.advance_to(until);
        clock.advance(APART);
        hears(&bot, 1).await;
    }
}

#[tokio::test]
async fn s92_a_gateway_that_says_nothing_is_left_after_a_while() {
    for (step, seconds, why) in [
        (Step::Connecting, 10, "sent no greeting"),
        (Step::Greeting, 10, "sent no greeting"),
        (Step::Resuming, 20, "began no session"),
        (Step::Identifying, 20, "began no session"),
    ] {
        let (bot, clock) = connected().await;
        bot.discord.fail_next_connections(step, 1, Ending::Silence);
        if step == Step::Identifying {
            bot.discord.invalidate_sessions(false);
            within("it waits", clock.someone_sleeps(APART)).await;
            clock.advance(APART);
        } else {
            bot.discord.drop_sockets(Some(4_000));
        }
        bot.discord.until_connections(2).await;
        let limit = Duration::from_secs(seconds);
        let what = format!("{step:?}: it waits so long");
        within(&what, clock.someone_sleeps(limit)).await;
        clock.advance(limit);
        bot.discord.until_connections(3).await;
        let live = until(&bot, "it is live", |state| {
            state.stage == ConnectionStage::Live
        });
        let loss = live.await.last_loss.unwrap();
        assert!(loss.contains(why), "{step:?}: {loss}");
        hears(&bot, 1).await;
    }
}

#[tokio::test]
async fn s92_a_session_that_discord_refuses_to_resume_is_begun_anew() {
    let (bot, clock) = connected().await;
    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    let until = lost(&bot, 2).await;
    bot.say("missed");
    bot.discord.forget_sessions();
    bot.discord.set_gateway_down(false);
    clock.advance_to(until);
    clock.advance_to(lost(&bot, 3).await);
    clock.advance(APART);
    bot.discord.until_identified(2).await;
    bot.say("heard");
    assert_eq!(texts(&bot.said(2).await), ["missed", "heard"]);
}

#[tokio::test]
async fn s92_after_an_outage_it_is_back_within_half_a_minute() {
    let (bot, clock) = connected().await;
    bot.discord.set_gateway_down(true);
    bot.discord.drop_sockets(None);
    let begun = clock.steady();
    let mut failures = 2;
    let mut until = lost(&bot, failures).await;
    while clock.steady().since(begun) < Duration::from_secs(135) {
        clock.advance_to(until);
        failures += 1;
        until = lost(&bot, failures).await;
    }
    bot.discord.set_gateway_down(false);
    let pause = until.since(clock.steady());
    assert!(pause <= Duration::from_secs(30), "{pause:?}");
    clock.advance_to(until);
    // The session survives any number of failed connections.
    bot.discord.until_resumed(1).await;
    hears(&bot, 1).await;
}

#[tokio::test]
async fn s92_a_day_whose_sessions_are_spent_is_waited_for() {
    let (bot, clock) = connected().await;
    let hour = Duration::from_hours(1);
    // For example, another program uses the same token.
    clock.advance(Duration::from_mins(2));
    bot.discord.refuse_sessions_for(hour);
    bot.discord.invalidate_sessions(false);
    let spent = until(&bot, "it waits for the next day", |state| {
        matches!(state.stage, ConnectionStage::SpentForToday { .. })
    })
    .await;
    let ConnectionStage::SpentForToday { until } = spent.stage else {
        panic!("{spent:?}");
    };
    assert!(until.since(clock.steady()) >= hour);
    assert_eq!(bot.discord.identifies(), 1, "Discord was not asked again");
    clock.advance_to(until);
    bot.discord.until_identified(2).await;
    hears(&bot, 1).await;
}

#[tokio::test]
async fn s92_a_connection_whose_heartbeats_nobody_answers_is_made_anew() {
    let (bot, clock) = connected().await;
    // The answer proves that all events at the start of the session have arrived.
    hears(&bot, 1).await;
    bot.discord.set_answers_heartbeats(false);
    let interval = Duration::from_millis(41_250);
    clock.advance(interval);
    bot.discord.until_heartbeats(1).await;
    within("it waits for an answer", clock.someone_sleeps(interval)).await;
    clock.advance(interval);
    bot.discord.until_resumed(1).await;
    hears(&bot, 2).await;
}

#[tokio::test]
async fn a_close_that_no_further_try_mends_ends_it_with_the_reason() {
    for (code, why) in [
        (4_004, "does not know the bot's token"),
        (4_010, "another number of shards"),
        (4_011, "another number of shards"),
        (4_012, "no longer speaks this version"),
        (4_013, "an intent of the bot"),
        (4_014, "Message Content Intent"),
    ] {
        let (mut bot, _) = connected().await;
        bot.discord
            .fail_connections(Step::Resuming, Ending::Close(code));
        bot.discord.drop_sockets(Some(4_000));
        let failed = bot.failed().await;
        assert!(failed.contains(why), "{code}: {failed}");
    }
}
