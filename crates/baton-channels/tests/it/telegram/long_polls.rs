//! Answers to polls that are too long for Baton.

use baton_core::agent::Reply;
use baton_testkit::scripted_agent::answering;
use serde_json::json;

use super::bot::{Bot, texts};

/// The size of one update, in bytes. Baton reads answers of up to 8 MiB.
const LARGE: usize = 1 << 20;

#[tokio::test]
async fn s79_updates_that_are_too_long_together_come_in_smaller_polls() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let bot = Bot::started(agent).await;
    bot.telegram.set_polls_hang(true);
    bot.say("one");
    for _ in 0..40 {
        let update = json!({ "a_new_kind": { "filling": "x".repeat(LARGE) } });
        bot.telegram.send_update(update);
    }
    bot.say("two");
    bot.telegram.set_polls_hang(false);
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
    // Each failed poll made the next ones smaller, and none of the usual size came before the end.
    let asked = bot.telegram.asked();
    let polls = asked.iter().filter(|it| it.method == "getUpdates");
    let limits: Vec<_> = polls.map(|it| it.body["limit"].as_i64().unwrap()).collect();
    let first_small = limits.iter().position(|limit| *limit < 100).unwrap();
    let small = limits[first_small..].iter().take_while(|it| **it < 100);
    assert!(small.count() >= 8, "{limits:?}");
    assert!(limits.len() < 30, "{limits:?}");
}
