//! All forms of Discord's rate limits.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Message};
use baton_testkit::scripted_agent::answering;

use super::bot::Bot;

#[tokio::test]
async fn s94_a_limit_is_waited_for_however_it_is_told() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    let date = ("date", "Tue, 14 Nov 2023 22:13:20 GMT");
    let until = ("retry-after", "Tue, 14 Nov 2023 22:14:20 GMT");
    let user = ("x-ratelimit-scope", "user");
    let header = ("retry-after", "60");
    for (times, answer) in (1..).zip([
        Fault::too_fast(&[header], r#"{"message": "You are being rate limited."}"#),
        Fault::too_fast(&[header, user], ""),
        Fault::too_fast(&[header, user], r#"{"retry_after": 0}"#),
        Fault::too_fast(&[("retry-after", "1"), user], r#"{"retry_after": 60}"#),
        Fault::too_fast(&[date, until], "<html>1015</html>"),
        Fault::too_fast(&[header, ("x-ratelimit-global", "true")], "{}"),
    ]) {
        bot.discord.fail_next("create_message", 1, answer.clone());
        bot.say("hello");
        let pause = Duration::from_mins(1);
        within("it waits so long", clock.someone_sleeps(pause)).await;
        let asked = bot.discord.until_asked("create_message", 1).await;
        assert_eq!(asked.len(), 2 * times - 1, "{answer:?}");
        clock.advance(pause);
        let said = |said: &[Message]| said.len() == 2 * times;
        bot.discord.until_messages(bot.channel, said).await;
    }
}

#[tokio::test]
async fn s94_a_limit_that_names_no_time_is_no_hot_loop() {
    // Without a named time, the usual pause is one second.
    for (named, answer) in [
        (
            0,
            Fault::too_fast(&[], r#"{"retry_after": 0, "global": false}"#),
        ),
        (
            0,
            Fault::too_fast(&[], r#"{"retry_after": 0, "global": true}"#),
        ),
        (
            0,
            Fault::too_fast(&[("retry-after", "0"), ("x-ratelimit-scope", "shared")], ""),
        ),
        (1_000, Fault::too_fast(&[], r#"{"retry_after": -1}"#)),
        (
            1_000,
            Fault::too_fast(
                &[
                    ("x-ratelimit-remaining", "0"),
                    ("x-ratelimit-reset-after", "0"),
                ],
                "",
            ),
        ),
    ] {
        let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
        let clock = SimClock::shared();
        let mut bot = Bot::with_clock(clock.clone(), agent).await;
        bot.start().await;
        bot.discord.fail("create_message", answer.clone());
        bot.say("hello");
        let pauses = [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000];
        let pauses = pauses.map(|pause: u64| pause.max(named));
        for (times, pause) in (1..).zip(pauses) {
            let asked = bot.discord.until_asked("create_message", times).await;
            assert_eq!(asked.len(), times, "{answer:?}");
            let next = bot.discord.until_asked("create_message", times + 1);
            clock.pass_until(Duration::from_millis(pause), next).await;
        }
        bot.discord.recover();
        clock.pass_until(Duration::from_mins(1), bot.said(1)).await;
    }
}
