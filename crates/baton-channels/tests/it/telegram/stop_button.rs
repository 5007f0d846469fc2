//! Telegram's stop button below the draft of a running turn.

use baton_chat::chat_settings::People;

use super::private_chat::Chatting;

#[tokio::test]
async fn s07_the_stop_button_ends_its_turn_and_the_text_so_far_stays() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    turn.say("The text so far").await;
    let draft = it.until_drafted("The text so far").await;
    it.bot.telegram.stop_draft(it.private, draft.id);
    turn.stopped().await;
    // The reply waits for its second, and the clock stands still.
    assert_eq!(
        it.bot.telegram.drafts(it.private)[0].text,
        "The text so far"
    );
    drop(turn);
    it.until_said(&["The text so far\n\n(stopped)"]).await;
    assert_eq!(it.count_asked("sendMessageDraft"), 1);
    it.begin_turn("next").await.reply("done");
    it.until_said(&["The text so far\n\n(stopped)", "done"])
        .await;
}

#[tokio::test]
async fn s06_a_late_press_does_not_stop_the_next_turn() {
    let mut it = Chatting::started().await;
    let first = it.begin_turn("one").await;
    first.say("1").await;
    let earlier = it.until_drafted("1").await;
    first.reply("1");
    it.until_said(&["1"]).await;
    let second = it.begin_turn("two").await;
    second.say("2").await;
    let current = it.until_drafted("2").await;
    assert_ne!(current.id, earlier.id);
    it.bot
        .telegram
        .stop_draft_late(it.private, None, earlier.id);
    it.until_acknowledged().await;
    second.say("2").await;
    it.until_drafted("22").await;
    assert!(!second.is_stopped());
    it.bot.telegram.stop_draft(it.private, current.id);
    second.stopped().await;
}

#[tokio::test]
async fn a_press_for_the_turn_of_a_killed_process_stops_nothing() {
    let mut it = Chatting::started().await;
    let first = it.begin_turn("work").await;
    first.say("1").await;
    let earlier = it.until_drafted("1").await;
    it.bot.kill();
    drop(first);
    it.bot.start().await;
    let again = it.script.next_turn().await;
    again.say("again").await;
    let current = it.until_drafted("again").await;
    assert_ne!(current.id, earlier.id);
    it.bot
        .telegram
        .stop_draft_late(it.private, None, earlier.id);
    it.until_acknowledged().await;
    again.say("!").await;
    it.until_drafted("again!").await;
    assert!(!again.is_stopped());
}

#[tokio::test]
async fn a_person_who_may_not_stop_a_turn_has_no_effect_with_the_button() {
    let mut it = Chatting::started().await;
    it.begin_turn("work").await;
    // Meanwhile, the operator allows only another person.
    it.bot.kill();
    let other = People {
        users: ["1".into()].into(),
        ..People::default()
    };
    it.bot.settings.chat.direct.as_mut().unwrap().speakers = Some(other);
    it.bot.start().await;
    let turn = it.script.next_turn().await;
    turn.say("1").await;
    let draft = it.until_drafted("1").await;
    it.bot.telegram.stop_draft(it.private, draft.id);
    it.until_acknowledged().await;
    turn.say("2").await;
    it.until_drafted("12").await;
    assert!(!turn.is_stopped());
}
