//! Answers to polls that are too long for Baton.

use serde_json::json;

use super::bot::{Bot, echo_agent, texts};

/// The size of one update, in bytes. Baton reads answers of up to 8 MiB.
const LARGE: usize = 1 << 20;

#[tokio::test]
async fn s79_updates_that_are_too_long_together_come_in_smaller_polls() {
    let bot = Bot::started(echo_agent()).await;
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

#[tokio::test]
async fn s79_an_update_that_is_too_long_alone_costs_only_itself() {
    let bot = Bot::started(echo_agent()).await;
    bot.telegram.set_polls_hang(true);
    bot.say("one");
    // Telegram writes the number first. With the other update, Baton does not see the number.
    let filling = json!({ "filling": "x".repeat(9 * LARGE) });
    let update = json!({ "update_id": null, "with_a_new_kind": filling });
    bot.telegram.send_update(update);
    bot.say("two");
    bot.telegram.send_update(json!({ "a_new_kind": filling }));
    bot.say("three");
    bot.telegram.set_polls_hang(false);
    assert_eq!(texts(&bot.said(3).await), ["one", "two", "three"]);
}

#[tokio::test]
async fn s79_updates_without_a_number_are_acknowledged_too() {
    let bot = Bot::started(echo_agent()).await;
    bot.say("one");
    bot.said(1).await;
    for number in [json!("wrong"), json!(-7), json!(1.5)] {
        bot.telegram
            .send_update(json!({ "update_id": number, "a_new_kind": {} }));
        bot.telegram.until_acknowledged().await;
    }
    bot.say("two");
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
}
