//! Replies on Telegram, and the errors that they meet.

use baton_channels::telegram::Rendering;
use baton_core::agent::Reply;
use baton_testkit::scripted_agent::{answering, scripted};
use baton_testkit::telegram::Fault;
use serde_json::Value;

use super::bot::{Bot, echo_agent, texts};

/// An agent that answers with the text of the message.
#[tokio::test]
async fn s01_messages_are_answered_one_after_the_other_and_quote_their_message() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let (one, two) = (bot.say("one"), bot.say("two"));
    let first = script.next_turn().await;
    bot.telegram.until_reaction(bot.group, two, "👀").await;
    assert!(script.begun().is_none());
    first.reply("1");
    script.next_turn().await.reply("2");
    let said = bot.said(2).await;
    assert_eq!(texts(&said), ["1", "2"]);
    assert_eq!(said[0].reply_to, Some(one));
    assert_eq!(said[1].reply_to, Some(two));
}

#[tokio::test]
async fn s72_text_that_telegram_refuses_is_sent_plain() {
    let bot = Bot::started(echo_agent()).await;
    let refused = "Bad Request: can't parse entities: wrong entity at byte offset 0";
    let fault = Fault::Error(400, refused, Value::Null);
    bot.telegram.fail_next("sendMessage", 1, fault);
    bot.say("some **bold** text");
    let said = bot.said(1).await;
    assert_eq!(said[0].text, "some bold text");
    assert!(said[0].entities.is_empty());
    bot.say("more **bold** text");
    let said = bot.said(2).await;
    assert_eq!(said[1].text, "more bold text");
    assert_eq!(said[1].entities[0]["type"], "bold");
}

#[tokio::test]
async fn s72_a_refused_rich_message_is_sent_with_entities_and_a_rate_limit_is_no_refusal() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.settings.rendering = Rendering::Rich;
    bot.start().await;
    bot.say("# A heading");
    let said = bot.said(1).await;
    assert!(said[0].rich.is_some());
    let fault = Fault::Error(400, "Bad Request: RICH_MESSAGE_INVALID", Value::Null);
    bot.telegram.fail_next("sendRichMessage", 1, fault);
    bot.say("**bold**");
    let said = bot.said(2).await;
    assert!(said[1].rich.is_none());
    assert_eq!(said[1].text, "bold");
    let before = bot.telegram.until_asked("sendMessage", 1).await.len();
    bot.telegram
        .fail_next("sendRichMessage", 1, Fault::Limited(1));
    bot.say("again");
    let said = bot.said(3).await;
    assert!(said[2].rich.is_some());
    let after = bot.telegram.until_asked("sendMessage", 1).await.len();
    assert_eq!(after, before, "nothing else is tried after a rate limit");
}

#[tokio::test]
async fn a_reply_with_too_many_blocks_for_a_rich_message_is_sent_with_entities() {
    let list = "- a\n".repeat(600) + "\n**the end**";
    let agent = answering(move |_| Ok(Reply::text(list.clone()))).0;
    let mut bot = Bot::new(agent).await;
    bot.settings.rendering = Rendering::Rich;
    bot.start().await;
    bot.say("list them");
    let said = bot.said(1).await;
    assert!(said[0].rich.is_none());
    assert_eq!(said[0].text.matches('a').count(), 600);
    assert!(said[0].text.ends_with("the end"), "{}", said[0].text);
    let asked = bot.telegram.asked();
    assert!(asked.iter().all(|it| it.method != "sendRichMessage"));
}

#[tokio::test]
async fn telegram_accepts_the_first_form_of_a_reply_with_any_structure() {
    let row = |cell: &str| cell.repeat(21) + "|\n";
    let replies = [
        format!("{}{}{}", row("|a"), row("|---"), row("|b")),
        format!("{} deep", ">".repeat(16)),
        (0..17)
            .map(|level| "  ".repeat(level) + "- deep\n")
            .collect(),
        "![a picture](https://example.org/a.png)\n\n".repeat(51),
    ];
    for reply in replies {
        let agent = answering(move |_| Ok(Reply::text(reply.clone()))).0;
        let mut bot = Bot::new(agent).await;
        bot.settings.rendering = Rendering::Rich;
        bot.start().await;
        bot.say("go on");
        bot.said(1).await;
        bot.until_settled().await;
        let asked = bot.telegram.asked();
        let refused: Vec<_> = asked.iter().filter(|it| it.status == 400).collect();
        assert!(refused.is_empty(), "{refused:?}");
    }
}

#[tokio::test]
async fn s70_a_lost_answer_leads_to_a_marked_repetition_at_most() {
    let bot = Bot::started(echo_agent()).await;
    bot.telegram.fail_next("sendMessage", 1, Fault::LoseAnswer);
    bot.say("hello");
    let said = bot.said(2).await;
    assert_eq!(said[0].text, "hello");
    assert!(
        said[1].text.starts_with("↻ Possibly repeated:"),
        "{}",
        said[1].text
    );
    assert!(said[1].text.ends_with("hello"));
}

#[tokio::test]
async fn a_quote_of_a_deleted_message_is_left_out() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let one = bot.say("one");
    let turn = script.next_turn().await;
    bot.telegram.delete(bot.group, one);
    turn.reply("1");
    let said = bot.said(1).await;
    assert_eq!(said[0].text, "1");
    assert_eq!(said[0].reply_to, None);
}

#[tokio::test]
async fn s73_a_blocked_bot_has_a_dead_reply_and_other_chats_go_on() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "one");
    let turn = script.next_turn().await;
    bot.telegram.kick_bot(private);
    turn.reply("1");
    let dead = bot.until_dead().await;
    let reason = dead.reason.unwrap_or_default();
    assert!(reason.contains("blocked"), "{reason}");
    bot.say("two");
    script.next_turn().await.reply("2");
    assert_eq!(texts(&bot.said(1).await), ["2"]);
    bot.telegram.readmit_bot(private);
    bot.telegram.say(private, bot.ann, "three");
    script.next_turn().await.reply("3");
    let said = bot.telegram.until_bot_said(private, 1).await;
    assert_eq!(texts(&said), ["3"]);
}

#[tokio::test]
async fn a_long_reply_becomes_a_file_and_files_have_captions() {
    let agent = answering(|_| Ok(Reply::text("A line of some words.\n".repeat(2_000)))).0;
    let bot = Bot::started(agent).await;
    bot.say("write");
    let said = bot.said(1).await;
    assert_eq!(said[0].files.len(), 1);
    assert_eq!(said[0].files[0].name, "reply.md");
    assert!(
        said[0].text.contains("longer than 5 messages"),
        "{}",
        said[0].text
    );
}

#[tokio::test]
async fn s72_a_refused_caption_is_sent_plain() {
    let text = ["**Words** ", &"of a long answer.\n".repeat(2_000)].concat();
    let agent = answering(move |_| Ok(Reply::text(text.clone()))).0;
    let bot = Bot::started(agent).await;
    let refused = "Bad Request: can't parse entities: wrong entity at byte offset 0";
    let fault = Fault::Error(400, refused, Value::Null);
    bot.telegram.fail_next("sendDocument", 1, fault);
    bot.say("write");
    let said = bot.said(1).await;
    assert_eq!(said[0].files[0].name, "reply.md");
    assert!(said[0].text.starts_with("Words"), "{}", said[0].text);
    assert!(said[0].entities.is_empty());
}
