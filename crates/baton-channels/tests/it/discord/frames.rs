//! Gateway frames with parts that `serde_json` refuses. No message is lost.

use baton_chat::chat_settings::{Answering, Trigger};
use baton_core::agent::Reply;
use baton_core::message::MessageState;
use baton_testkit::discord::{Message, Said, Snowflake};
use baton_testkit::scripted_agent::answering;
use serde_json::json;

use super::bot::{BOB, Bot, texts};

/// Half of a surrogate pair, as JSON.
const HALF: &str = r#""\ud83d""#;

/// A bot that repeats each message, in direct messages too.
async fn echo() -> Bot {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    let mut bot = Bot::new(agent).await;
    bot.settings.chat.direct = Some(Answering {
        trigger: Trigger::Every,
        ..Answering::by(BOB)
    });
    bot
}

/// Waits for this text in the channel. Returns the notices of the bot, and the texts of its other messages.
async fn until_said(bot: &Bot, channel: Snowflake, text: &str) -> (Vec<Message>, Vec<String>) {
    let us = bot.discord.bot();
    let is_it = |it: &Message| it.author == us && it.content == text;
    bot.discord.until_said(channel, is_it).await;
    let messages = bot.discord.messages(channel).into_iter();
    let said = messages.filter(|it| it.author == us);
    let (told, said): (Vec<_>, Vec<_>) = said.partition(|it| it.content.starts_with("Not taken"));
    (told, said.into_iter().map(|it| it.content).collect())
}

#[tokio::test]
async fn s79_a_live_message_with_an_unreadable_text_is_refused() {
    let mut bot = echo().await;
    bot.start().await;
    bot.discord.replace_everywhere(r#""half an owl""#, HALF);
    let half = bot.say("half an owl");
    bot.say("after");
    let (_, said) = until_said(&bot, bot.channel, "after").await;
    assert_eq!(said, ["after"]);
    let kept = bot.kept(half).await.expect("it is kept");
    assert_eq!(kept.state, MessageState::Refused);
    let reason = "the message could not be read: content cannot be read";
    assert_eq!(kept.reason.as_deref(), Some(reason));
    let told = |it: &Message| it.content.starts_with("Not taken");
    let told = bot.discord.until_said(bot.channel, told).await;
    assert_eq!(told.reply_to, Some(half));
}

#[tokio::test]
async fn s79_a_live_message_with_an_unreadable_part_that_does_not_matter_is_answered() {
    let deep = ["[".repeat(130), "]".repeat(130)].concat();
    let very_deep = ["[".repeat(10_000), "]".repeat(10_000)].concat();
    let odd = [
        ("a number", "nonce", "1e999"),
        ("half a name", "webhook_name", HALF),
        ("deep", "deep", deep.as_str()),
        ("very deep", "deep", very_deep.as_str()),
    ];
    let mut bot = echo().await;
    bot.start().await;
    for (text, field, odd) in odd {
        let mark = format!("mark of {text}");
        bot.discord
            .replace_everywhere(&json!(mark).to_string(), odd);
        let said = Said::text(text).with(json!({ field: mark }));
        bot.discord.send(bot.channel, bot.ann, said);
    }
    bot.say("after");
    let (told, said) = until_said(&bot, bot.channel, "after").await;
    assert_eq!(
        said,
        ["a number", "half a name", "deep", "very deep", "after"]
    );
    assert!(told.is_empty(), "{told:?}");
}

#[tokio::test]
async fn s79_an_unreadable_topic_loses_nothing_of_its_server() {
    let mut bot = echo().await;
    bot.start().await;
    bot.say("before");
    bot.said(1).await;
    bot.kill().await;
    bot.say("missed");
    let topic = format!(r#""topic":{HALF}"#);
    bot.discord.replace_everywhere(r#""topic":null"#, &topic);
    bot.start().await;
    assert_eq!(texts(&bot.said(2).await), ["before", "missed"]);
}

#[tokio::test]
async fn s79_an_event_with_an_unreadable_name_or_number_loses_no_message() {
    let odd = [
        (r#""t":"MESSAGE_CREATE""#, r#""t":7"#),
        (r#""s":"#, r#""s":"many","number":"#),
        (r#""op":0"#, r#""op":"0""#),
    ];
    for (what, by) in odd {
        let mut bot = echo().await;
        bot.start().await;
        bot.say("before");
        bot.said(1).await;
        bot.discord.replace_in_frames(what, by);
        bot.say("one");
        bot.said(2).await;
        bot.say("two");
        let said = bot.said(3).await;
        assert_eq!(texts(&said), ["before", "one", "two"], "{what}");
    }
}

#[tokio::test]
async fn s79_a_frame_that_is_no_json_or_names_no_channel_loses_no_message() {
    let mut bot = echo().await;
    bot.start().await;
    let direct = bot.discord.direct(bot.ann);
    let open = bot.discord.channel(bot.server, "open");
    for channel in [bot.channel, direct, open] {
        bot.discord.say(channel, bot.ann, "before");
        bot.discord.until_bot_said(channel, 1).await;
    }
    bot.discord.replace_in_frames(r#""cut off""#, r#""cut off"#);
    for channel in [bot.channel, direct, open] {
        bot.discord.say(channel, bot.ann, "cut off");
        let said = bot.discord.until_bot_said(channel, 2).await;
        assert_eq!(texts(&said), ["before", "cut off"]);
    }
    bot.discord.replace_nothing();
    for channel in [bot.channel, direct, open] {
        let nowhere = Said::text("nowhere").told_oddly(|it| it["channel_id"] = json!([]));
        bot.discord.send(channel, bot.ann, nowhere);
        bot.discord.say(channel, bot.ann, "after");
        let said = bot.discord.until_bot_said(channel, 4).await;
        assert_eq!(texts(&said), ["before", "cut off", "nowhere", "after"]);
    }
}
