//! The end of a turn while a request about its progress is still on its way: nothing of the turn appears after the reply.

use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_testkit::telegram::{Fault, Held};

use super::private_chat::Chatting;

fn tool() -> Activity {
    Activity {
        id: "1".to_owned(),
        title: "tool".to_owned(),
        detail: String::new(),
        state: ActivityState::Running,
        within: None,
    }
}

/// A running bot whose first sign of typing is on its way until the release.
async fn chatting_with_held_typing() -> (Chatting, Held) {
    let mut it = Chatting::new().await;
    let held = Held::default();
    it.bot
        .telegram
        .fail_next("sendChatAction", 1, Fault::Hold(held.clone()));
    it.bot.start().await;
    (it, held)
}

#[tokio::test]
async fn no_draft_follows_the_reply_of_a_turn_that_ended_while_typing_was_on_its_way() {
    let (mut it, held) = chatting_with_held_typing().await;
    let first = it.begin_turn("one").await;
    it.bot.telegram.until_asked("sendChatAction", 1).await;
    first.say("Some text").await;
    first.reply("1");
    it.until_said(&["1"]).await;
    it.bot.until_settled().await;
    it.clock.advance(Duration::from_secs(5));
    held.release();
    // The draft of the next turn comes after everything that the first turn could still show.
    let second = it.begin_turn("two").await;
    second.say("More text").await;
    it.until_drafted("More text").await;
    let asked = it.bot.telegram.until_asked("sendMessageDraft", 1).await;
    let texts: Vec<_> = asked.iter().map(|it| it.body["text"].clone()).collect();
    assert!(!texts.contains(&"Some text".into()), "{texts:?}");
    second.reply("2");
    it.until_said(&["1", "2"]).await;
}

#[tokio::test]
async fn no_progress_follows_the_reply_of_a_turn_that_ended_while_typing_was_on_its_way() {
    let (mut it, held) = chatting_with_held_typing().await;
    it.bot.say("one");
    let first = it.script.next_turn().await;
    it.bot.telegram.until_asked("sendChatAction", 1).await;
    first.show(tool()).await;
    first.reply("1");
    it.bot.said(1).await;
    it.bot.until_settled().await;
    held.release();
    it.bot.say("two");
    let second = it.script.next_turn().await;
    second.show(tool()).await;
    let progress = it
        .bot
        .telegram
        .until_said(it.bot.group, |message| message.text.contains("tool"));
    it.while_time_passes(progress).await;
    second.reply("2");
    let said = it.bot.said(2);
    it.while_time_passes(said).await;
    let asked = it.bot.telegram.until_asked("sendMessage", 3).await;
    let progress = asked.iter().filter(|it| {
        let text = it.body["text"].as_str();
        text.is_some_and(|text| text.contains("tool"))
    });
    assert_eq!(progress.count(), 1, "only of the second turn");
}
