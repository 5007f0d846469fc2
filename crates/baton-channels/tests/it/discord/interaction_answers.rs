//! Answers to commands, for each way in which Discord can fail.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::discord::{Fault, Scope};
use baton_testkit::scripted_agent::answering;
use serde_json::json;

use super::bot::Bot;

async fn echo() -> Bot {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.discord.until_command(None, "queue").await;
    bot
}

const FIRST: &str = "create_interaction_response";
const FOLLOWS: &str = "update_original_webhook_message";

#[tokio::test]
async fn s07_a_first_answer_that_discord_does_not_take_is_given_again_within_its_seconds() {
    let faults = [
        Fault::Limited(Scope::User, 300),
        Fault::Limited(Scope::Shared, 0),
        Fault::Status(503),
        Fault::Cut,
    ];
    for fault in faults {
        let bot = echo().await;
        bot.discord.fail_next(FIRST, 1, fault);
        let given = bot.discord.command(bot.channel, bot.ann, "queue", &[]);
        let answer = bot.discord.until_answered(given).await;
        assert_eq!(answer.content, "nobody has written to bob here yet");
    }
}

#[tokio::test]
async fn s07_a_first_answer_of_which_nothing_was_heard_is_not_the_last() {
    let bot = echo().await;
    bot.discord.fail_next(FIRST, 1, Fault::LoseAnswer);
    let given = bot.discord.command(bot.channel, bot.ann, "queue", &[]);
    let answer = bot.discord.until_answered(given).await;
    assert_eq!(answer.content, "nobody has written to bob here yet");
    // If the first answer has arrived, Discord must refuse the second answer.
    bot.discord.take_violations();
}

#[tokio::test]
async fn s07_nobody_sees_it_think_for_ever() {
    let unknown = Fault::Error(404, 10_015, "Unknown Webhook");
    let faults = [
        Fault::Limited(Scope::User, 300),
        Fault::Limited(Scope::User, 0),
        Fault::Status(503),
        Fault::Cut,
        unknown,
    ];
    for fault in faults {
        let bot = echo().await;
        bot.discord.fail_next(FOLLOWS, 2, fault);
        let given = bot.discord.command(bot.channel, bot.ann, "queue", &[]);
        let answer = bot.discord.until_answered(given).await;
        assert_eq!(answer.content, "nobody has written to bob here yet");
    }
}

#[tokio::test]
async fn s07_an_answer_is_given_as_late_as_discord_takes_it() {
    const WAIT: Duration = Duration::from_mins(14);
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    bot.discord.until_command(None, "queue").await;
    let limited = Fault::Limited(Scope::User, 14 * 60 * 1_000);
    bot.discord.fail_next(FOLLOWS, 1, limited);
    let given = bot.discord.command(bot.channel, bot.ann, "queue", &[]);
    within("it waits so long", clock.someone_sleeps(WAIT)).await;
    clock.advance(WAIT);
    let answer = bot.discord.until_answered(given).await;
    assert_eq!(answer.content, "nobody has written to bob here yet");
}

#[tokio::test]
async fn s94_the_pauses_before_an_answer_grow() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    for fault in [Fault::Limited(Scope::User, 0), Fault::Status(503)] {
        let clock = SimClock::shared();
        let mut bot = Bot::with_clock(clock.clone(), agent.clone()).await;
        bot.start().await;
        bot.discord.until_command(None, "queue").await;
        bot.discord.fail(FOLLOWS, fault.clone());
        let given = bot.discord.command(bot.channel, bot.ann, "queue", &[]);
        // After a rate limit, half of the usual pause is enough.
        let first = if matches!(fault, Fault::Limited(..)) {
            250
        } else {
            500
        };
        for (number, doublings) in (1..).zip(0..5) {
            let asked = bot.discord.until_asked(FOLLOWS, number).await;
            assert_eq!(asked.len(), number, "{fault:?}");
            let pause = Duration::from_millis(first << doublings);
            let next = bot.discord.until_asked(FOLLOWS, number + 1);
            let asked = clock.pass_until(pause, next).await;
            assert!(asked[number].at.since(asked[number - 1].at) >= pause);
        }
        bot.discord.recover();
        let pause = Duration::from_millis(first << 5);
        let answered = bot.discord.until_answered(given);
        let answer = clock.pass_until(pause, answered).await;
        assert_eq!(answer.content, "nobody has written to bob here yet");
    }
}

#[tokio::test]
async fn s07_an_answer_that_discord_refuses_is_said_in_short() {
    let bot = echo().await;
    let refused = Fault::Error(400, 50_035, "Invalid Form Body");
    bot.discord.fail_next(FOLLOWS, 1, refused);
    let given = bot.discord.command(bot.channel, bot.ann, "queue", &[]);
    let answer = bot.discord.until_answered(given).await;
    assert!(answer.content.contains("is done, but"), "{answer:?}");
}

#[tokio::test]
async fn s79_an_interaction_that_cannot_be_read_is_answered_and_holds_up_no_other() {
    let bot = echo().await;
    bot.discord.tell_event_oddly("INTERACTION_CREATE", |it| {
        if it["data"]["name"] == "status" {
            it["member"] = json!({ "user": { "id": null } });
        }
        it["channel"] = json!(7);
        it["entitlements"] = json!(null);
    });
    let odd = bot.discord.command(bot.channel, bot.ann, "status", &[]);
    let answer = bot.discord.until_answered(odd).await;
    assert!(answer.content.contains("could not read"), "{answer:?}");
    let other = bot.discord.command(bot.channel, bot.ann, "queue", &[]);
    let answer = bot.discord.until_answered(other).await;
    assert_eq!(answer.content, "nobody has written to bob here yet");
}
