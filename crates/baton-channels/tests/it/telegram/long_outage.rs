//! Ten minutes in which Telegram carries out no request.

use std::time::Duration;

use baton_testkit::quick_clock::QuickClock;
use baton_testkit::telegram::Fault;

use super::bot::{Bot, echo_agent};

/// How much faster the time passes.
const SPEED: u32 = 100;
/// Half of the outage.
const HALF: Duration = Duration::from_mins(5);

/// The mark of a message that may be repeated.
const REPEATED: &str = "↻ Possibly repeated:\n\n";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn s74_after_ten_minutes_without_telegram_each_message_is_answered_once_and_in_order() {
    let clock = QuickClock::shared(SPEED);
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.start().await;
    let before = bot.telegram.asked().len();
    // First, the proxy in front of Telegram answers with HTML. The poll that waits brings the first message.
    bot.telegram.fail("*", Fault::Status(503));
    bot.say("one");
    bot.telegram.until_asked("sendMessage", 1).await;
    bot.say("two");
    clock.sleep_until(clock.steady().after(HALF)).await;
    // Then each connection is cut.
    bot.telegram.recover();
    bot.telegram.fail("*", Fault::Cut);
    bot.say("three");
    clock.sleep_until(clock.steady().after(HALF)).await;
    let outage = bot.telegram.asked().split_off(before);
    bot.telegram.recover();
    let said = bot.said(3).await;
    let texts: Vec<_> = said
        .iter()
        .map(|it| it.text.trim_start_matches(REPEATED))
        .collect();
    assert_eq!(texts, ["one", "two", "three"]);
    assert!(
        said[0].text.starts_with(REPEATED),
        "the outcome was unknown"
    );
    for method in ["getUpdates", "sendMessage"] {
        let asked = outage.iter().filter(|asked| asked.method == method);
        let times = asked.count();
        // The pauses grow to half a minute for updates, and to a minute for a reply.
        assert!((8..60).contains(&times), "{method} was asked {times} times");
    }
}
