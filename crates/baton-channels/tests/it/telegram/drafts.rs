//! The answer of a running turn as a draft in a private chat.

use std::time::Duration;

use baton_channels::telegram::Rendering;
use baton_core::activity::{Activity, ActivityState};
use baton_testkit::telegram::Fault;
use serde_json::Value;

use super::bot::texts;
use super::private_chat::Chatting;

/// The time after which Telegram gets an unchanged draft again.
const REFRESH: Duration = Duration::from_secs(20);

const NO_DRAFTS: &str = "Bad Request: TEXTDRAFT_PEER_INVALID";

fn reading(state: ActivityState) -> Activity {
    Activity {
        id: "1".to_owned(),
        title: "Reading `notes.txt`".to_owned(),
        detail: String::new(),
        state,
        within: None,
    }
}

#[tokio::test]
async fn an_answer_grows_in_one_draft_and_becomes_one_message() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    it.bot.telegram.until_typing(it.private).await;
    turn.say("Some **bold").await;
    let first = it.until_drafted("Some **bold").await;
    assert!(first.can_stop && first.keep_on_stop && !first.is_rich);
    turn.say(" text** and more").await;
    let second = it.until_drafted("Some bold text and more").await;
    assert_eq!((second.id, second.times), (first.id, 2));
    assert_eq!(second.entities[0]["type"], "bold");
    turn.reply("Some **bold text** and more.");
    it.until_said(&["Some bold text and more."]).await;
    assert_eq!(it.bot.telegram.drafts(it.private).len(), 0);
    assert_eq!(it.count_asked("editMessageText"), 0);
    assert_eq!(it.count_asked("deleteMessage"), 0);
}

#[tokio::test]
async fn a_turn_without_text_shows_that_it_thinks_and_then_its_tools() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    let thinking = it.until_drafted("").await;
    assert!(thinking.can_stop && !thinking.keep_on_stop);
    turn.show(reading(ActivityState::Running)).await;
    it.until_drafted("▸ Reading notes.txt").await;
    turn.say("The answer").await;
    it.until_drafted("The answer\n\n▸ Reading notes.txt").await;
    turn.show(reading(ActivityState::Done)).await;
    it.until_drafted("The answer").await;
    turn.reply("The answer");
    it.until_said(&["The answer"]).await;
}

#[tokio::test]
async fn a_tool_stands_below_an_unfinished_code_block() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    turn.say("```rust\nlet a = 1;").await;
    turn.show(reading(ActivityState::Running)).await;
    let draft = it.until_drafted("let a = 1;\n\n▸ Reading notes.txt").await;
    assert_eq!(draft.entities[0]["type"], "pre");
    assert_eq!(draft.entities[0]["length"], "let a = 1;".len());
    turn.reply("done");
    it.until_said(&["done"]).await;
}

#[tokio::test]
async fn a_quiet_turn_keeps_its_draft_and_does_not_type_beside_it() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    turn.say("A beginning").await;
    it.until_drafted("A beginning").await;
    for times in 2..5 {
        let again = it
            .bot
            .telegram
            .until_draft(it.private, |draft| draft.times == times);
        it.clock.pass_until(REFRESH, again).await;
    }
    assert_eq!(it.bot.telegram.drafts(it.private)[0].text, "A beginning");
    assert_eq!(it.count_asked("sendChatAction"), 1, "only before the draft");
    turn.reply("done");
    it.until_said(&["done"]).await;
}

#[tokio::test]
async fn a_quick_turn_has_no_draft_and_its_reply_does_not_wait() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("hello").await;
    turn.say("Hel").await;
    turn.reply("Hello!");
    // The clock stands still.
    let said = it.bot.telegram.until_bot_said(it.private, 1).await;
    assert_eq!(texts(&said), ["Hello!"]);
    assert_eq!(it.count_asked("sendMessageDraft"), 0);
}

#[tokio::test]
async fn a_group_has_a_progress_message_and_no_draft() {
    let mut it = Chatting::started().await;
    it.bot.say("work");
    let turn = it.script.next_turn().await;
    turn.say("Some text").await;
    turn.show(reading(ActivityState::Running)).await;
    it.bot
        .telegram
        .until_said(it.bot.group, |it| it.text.contains("Reading"))
        .await;
    turn.reply("done");
    it.bot
        .telegram
        .until_messages(it.bot.group, |messages| {
            let ours = messages.iter().filter(|it| it.text != "work");
            ours.map(|it| &it.text).eq(["done"])
        })
        .await;
    assert_eq!(it.count_asked("sendMessageDraft"), 0);
}

#[tokio::test]
async fn a_chat_without_drafts_is_remembered_and_has_a_progress_message() {
    let mut it = Chatting::started().await;
    it.bot.telegram.refuse_drafts(it.private);
    for round in 1..3 {
        let turn = it.begin_turn("work").await;
        turn.say("Some text").await;
        turn.show(reading(ActivityState::Running)).await;
        let progress = it
            .bot
            .telegram
            .until_said(it.private, |it| it.text.contains("Reading"));
        // A refused draft has used up the turn of its second, so the message comes at the next look.
        assert!(it.while_time_passes(progress).await.silent);
        turn.reply(format!("done {round}"));
        let left = it.bot.telegram.until_messages(it.private, |messages| {
            let ours = messages.iter().filter(|it| it.text != "work");
            ours.count() == round
        });
        it.while_time_passes(left).await;
        assert_eq!(it.count_asked("sendMessageDraft"), 1, "asked once");
    }
}

#[tokio::test]
async fn a_turn_with_a_draft_has_no_progress_message_when_later_drafts_are_refused() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    turn.say("Some text").await;
    it.until_drafted("Some text").await;
    let refused = Fault::Error(400, NO_DRAFTS, Value::Null);
    it.bot.telegram.fail_next("sendMessageDraft", 1, refused);
    turn.show(reading(ActivityState::Running)).await;
    let types = it.bot.telegram.until_asked("sendChatAction", 2);
    it.while_time_passes(types).await;
    turn.reply("done");
    it.until_said(&["done"]).await;
    assert_eq!(it.count_asked("sendMessage"), 1);
}

#[tokio::test]
async fn s72_a_draft_that_telegram_cannot_parse_is_shown_in_simpler_forms() {
    let mut it = Chatting::new().await;
    it.bot.settings.rendering = Rendering::Rich;
    it.bot.start().await;
    let turn = it.begin_turn("work").await;
    turn.say("# A heading").await;
    let rich = it.until_drafted("# A heading").await;
    assert!(rich.is_rich);
    let refused = |method: &str, reason| {
        let fault = Fault::Error(400, reason, Value::Null);
        it.bot.telegram.fail_next(method, 1, fault);
    };
    refused("sendRichMessageDraft", "Bad Request: RICH_MESSAGE_INVALID");
    refused(
        "sendMessageDraft",
        "Bad Request: can't parse entities: wrong entity at byte offset 0",
    );
    turn.say("\n\nand text").await;
    let plain = it
        .bot
        .telegram
        .until_draft(it.private, |draft| draft.text.contains("and text"));
    let plain = it.while_time_passes(plain).await;
    assert!(!plain.is_rich && plain.entities.is_empty(), "{plain:?}");
    turn.reply("done");
    it.until_said(&["done"]).await;
}

#[tokio::test]
async fn a_long_stream_shows_its_end_and_is_replied_whole() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    let mut answer = String::new();
    for line in 0..250 {
        let text = format!("Line {line} of a **long** answer.\n\n");
        turn.say(text.as_str()).await;
        answer.push_str(&text);
        if line % 50 == 49 {
            let end = format!("Line {line} of a long answer.");
            let draft = it
                .bot
                .telegram
                .until_draft(it.private, |draft| draft.text.trim_end().ends_with(&end));
            let draft = it.while_time_passes(draft).await;
            assert!(draft.text.encode_utf16().count() <= 4_096);
        }
    }
    turn.reply(answer);
    let whole = it.bot.telegram.until_said(it.private, |message| {
        message.text.contains("Line 249 of a long answer.")
    });
    it.while_time_passes(whole).await;
    let said = it.bot.telegram.bot_messages(it.private);
    assert!(said[0].text.starts_with("Line 0 of"), "{}", said[0].text);
}

#[tokio::test]
async fn a_rate_limit_on_the_last_draft_delays_the_reply_and_repeats_nothing() {
    let mut it = Chatting::started().await;
    let turn = it.begin_turn("work").await;
    turn.say("Some text").await;
    it.until_drafted("Some text").await;
    it.bot
        .telegram
        .fail_next("sendMessageDraft", 1, Fault::Limited(3));
    turn.say(" and more").await;
    let limited = it.bot.telegram.until_asked("sendMessageDraft", 2);
    it.while_time_passes(limited).await;
    turn.reply("Some text and more.");
    let said = it.bot.telegram.until_bot_said(it.private, 1);
    it.while_time_passes(said).await;
    it.bot.until_settled().await;
    let said = it.bot.telegram.bot_messages(it.private);
    assert_eq!(texts(&said), ["Some text and more."]);
    assert_eq!(it.count_asked("sendMessage"), 1);
}

#[tokio::test]
async fn a_topic_of_a_private_chat_has_drafts_of_its_own() {
    let mut it = Chatting::new().await;
    it.bot.telegram.set_private_topics(true);
    it.bot.start().await;
    let (private, ann) = (it.private, it.bot.ann);
    let topic = it.bot.telegram.create_topic(private, ann, "ships");
    it.bot.telegram.say_in(private, topic, ann, "work");
    let turn = it.script.next_turn().await;
    turn.say("Some text").await;
    let draft = it.until_drafted("Some text").await;
    assert_eq!(draft.topic, Some(topic));
    it.bot.telegram.stop_draft(private, draft.id);
    turn.stopped().await;
}
