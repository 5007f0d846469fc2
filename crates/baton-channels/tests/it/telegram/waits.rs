//! Waits of several tests: for answers, and for the end of pauses.

use std::time::Duration;

use baton_testkit::clock::SimClock;

use super::bot::Bot;

/// Waits for this many messages of the bot in the group, without progress messages, and returns their texts.
pub(super) async fn until_answers(bot: &Bot, count: usize) -> Vec<String> {
    let said = bot.said(count).await;
    said.into_iter().map(|message| message.text).collect()
}

/// Lets each pause of at most a minute pass until `event` happens.
pub(super) async fn while_pauses_pass<T>(clock: &SimClock, event: impl Future<Output = T>) -> T {
    let pauses = async {
        loop {
            clock.pass_pause(Duration::from_mins(1)).await;
        }
    };
    tokio::select! {
        biased;
        happened = event => happened,
        never = pauses => never,
    }
}

/// The pauses between the requests with a method, without the first `from` requests of all, in milliseconds.
pub(super) fn pauses_between(bot: &Bot, method: &str, from: usize) -> Vec<i64> {
    let asked = bot.telegram.asked();
    let asked = asked[from..].iter().filter(|asked| asked.method == method);
    let times: Vec<_> = asked.map(|asked| asked.at.0).collect();
    times.windows(2).map(|pair| pair[1] - pair[0]).collect()
}
