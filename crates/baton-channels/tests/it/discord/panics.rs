//! s89: Baton panics at one event of Discord. Only this event is lost, and all others are handled.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use baton_chat::chat_settings::{Answering, Trigger};
use baton_core::agent::Reply;
use baton_core::message::MessageState;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::layered::{Layer, Layered};
use baton_testkit::scripted_agent::answering;

use super::bot::{BOB, Bot, texts};

/// Calls of the store that panic, once for each entry in the list.
#[derive(Clone, Default)]
struct Planted(Arc<Mutex<Vec<&'static str>>>);

impl Planted {
    fn panic_at(&self, command: &'static str) {
        self.0.lock().unwrap().push(command);
    }
}

impl Layer for Planted {
    fn asked(&self, command: &'static str) {
        let mut planted = self.0.lock().unwrap();
        let found = planted.iter().position(|it| *it == command);
        let found = found.map(|found| planted.remove(found));
        drop(planted);
        assert_eq!(found, None, "a planted fault");
    }
}

async fn echo() -> (Bot, Planted) {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    let planted = Planted::default();
    bot.store = Layered::over(planted.clone(), Arc::clone(&bot.store));
    bot.start().await;
    (bot, planted)
}

#[tokio::test]
async fn s89_a_message_at_which_baton_fails_is_refused_and_the_next_is_answered() {
    let (bot, planted) = echo().await;
    bot.say("one");
    bot.said(1).await;
    planted.panic_at("ingest");
    let two = bot.say("two");
    bot.say("three");
    let said = bot.said(3).await;
    assert_eq!(
        texts(&said).last().copied(),
        Some("three"),
        "it goes on: {said:?}"
    );
    assert!(said[1].content.starts_with("Not taken"), "{said:?}");
    assert_eq!(said[1].reply_to, Some(two));
    let kept = bot.kept(two).await.unwrap();
    assert_eq!(kept.state, MessageState::Refused);
}

#[tokio::test]
async fn s89_a_channel_at_which_baton_fails_is_read_again() {
    let (mut bot, planted) = echo().await;
    bot.say("one");
    bot.said(1).await;
    bot.kill().await;
    bot.say("missed");
    bot.store = Layered::over(planted.clone(), Arc::clone(&bot.store));
    // The cursor of the channel is read, and perhaps the list of direct message channels at the same time.
    planted.panic_at("cursor");
    planted.panic_at("cursor");
    bot.start().await;
    assert_eq!(texts(&bot.said(2).await), ["one", "missed"]);
}

#[tokio::test]
async fn s89_a_channel_that_was_never_read_is_not_read_from_its_beginning_after_a_fault() {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    let planted = Planted::default();
    bot.store = Layered::over(planted.clone(), Arc::clone(&bot.store));
    let direct = bot.discord.direct(bot.ann);
    let old = (0..5).map(|n| bot.discord.say(direct, bot.ann, &format!("old {n}")));
    let old: Vec<_> = old.collect();
    bot.start().await;
    planted.panic_at("messages_deleted");
    bot.discord.delete(direct, old[0]);
    let pause = Duration::from_millis(500);
    within("it waits after the fault", clock.someone_sleeps(pause)).await;
    clock.advance(pause);
    // An idle channel waits this long.
    let idle = clock.someone_sleeps(Duration::from_secs(30));
    within("it has read the channel", idle).await;
    bot.discord.say(direct, bot.ann, "new");
    let said = bot.discord.until_bot_said(direct, 1).await;
    assert_eq!(texts(&said), ["new"]);
    assert_eq!(bot.store.counts().await.unwrap().received, 1);
}
