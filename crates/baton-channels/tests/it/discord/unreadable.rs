//! Unreadable data from Discord, in live and in missed messages. Only the unreadable part is lost.

use std::sync::{Arc, Mutex};

use baton_chat::chat_settings::Trigger;
use baton_core::agent::Reply;
use baton_core::message::MessageState;
use baton_testkit::discord::{Message, Said, Snowflake};
use baton_testkit::scripted_agent::answering;
use serde_json::{Value, json};

use super::bot::{Bot, texts};

/// A bot that repeats each message.
async fn echo() -> Bot {
    let (agent, _) = answering(|turn| Ok(Reply::text(turn.prompt())));
    Bot::new(agent).await
}

type Change = fn(&mut Value);

/// Messages with an odd part that get an answer.
const ANSWERED: [(&str, Change); 8] = [
    ("webhook of 0", |it| it["webhook_id"] = json!("0")),
    ("no value of a field", |it| {
        it["embeds"] = json!([{ "fields": [{ "name": "a", "value": null }] }]);
    }),
    ("nobody who is quoted", |it| {
        it["referenced_message"] = json!({ "id": "5" });
    }),
    ("no stickers", |it| it["sticker_items"] = Value::Null),
    ("stickers that are none", |it| {
        it["sticker_items"] = json!("x");
    }),
    ("somebody without an id", |it| {
        it["mentions"] = json!([{ "username": "x" }]);
    }),
    ("no flags", |it| it["flags"] = json!("many")),
    ("no poll", |it| it["poll"] = json!({ "answers": 7 })),
];

/// Messages without a readable author or text.
const REFUSED: [(&str, Change); 4] = [
    ("nobody", |it| it["author"] = Value::Null),
    ("no words", |it| it["content"] = json!(7)),
    ("neither man nor machine", |it| {
        it["author"]["bot"] = json!("perhaps");
    }),
    ("without a name", |it| it["id"] = json!([])),
];

/// Writes each of these messages, each followed by an ordinary message.
fn write_all(bot: &Bot, round: usize) -> Vec<String> {
    let mut expected = Vec::new();
    let odd = ANSWERED.iter().map(|odd| (odd, true));
    for ((text, change), answered) in odd.chain(REFUSED.iter().map(|odd| (odd, false))) {
        let text = format!("{text}, round {round}");
        let said = Said::text(&text).told_oddly(*change);
        bot.discord.send(bot.channel, bot.ann, said);
        if answered {
            expected.push(text.clone());
        }
        expected.push(format!("after {text}"));
        bot.say(&format!("after {text}"));
    }
    expected
}

#[tokio::test]
async fn s79_a_message_that_cannot_be_read_costs_only_itself_live_and_missed() {
    let mut bot = echo().await;
    bot.start().await;
    bot.say("first");
    bot.said(1).await;
    bot.kill().await;
    let mut expected = vec!["first".to_owned()];
    expected.extend(write_all(&bot, 1));
    bot.start().await;
    let us = bot.discord.bot();
    let until_all = async |expected: &[String]| {
        let last = expected.last().unwrap();
        let is_last = |it: &Message| it.author == us && it.content == *last;
        bot.discord.until_said(bot.channel, is_last).await;
    };
    until_all(&expected).await;
    expected.extend(write_all(&bot, 2));
    until_all(&expected).await;
    let messages = bot.discord.messages(bot.channel);
    let said = messages.into_iter().filter(|it| it.author == us);
    let (told, said): (Vec<_>, Vec<_>) = said.partition(|it| it.content.starts_with("Not taken"));
    assert_eq!(texts(&said), expected);
    // Known authors get a notice.
    assert_eq!(told.len(), 2, "{told:?}");

    // Each message is stored, counted, and visible in its trace.
    let counts = bot.store.counts().await.unwrap();
    let refused = 2 * REFUSED.len();
    assert_eq!(counts.messages_in(MessageState::Refused), refused as u64);
    assert_eq!(counts.received, (expected.len() + refused) as u64);
    let kept = bot.kept(told[0].reply_to.unwrap()).await.unwrap();
    let reason = "the message could not be read: content cannot be read";
    assert_eq!(kept.reason.as_deref(), Some(reason));
    let trace = bot.store.trace(kept.id.into()).await.unwrap();
    let raw = trace
        .iter()
        .find(|line| line.what.contains("\"content\":7"));
    assert!(raw.is_some(), "{trace:?}");
}

#[tokio::test]
async fn s79_what_cannot_be_read_and_does_not_name_the_bot_is_kept_only_where_all_is_answered() {
    let mut bot = echo().await;
    bot.answering().trigger = Trigger::Mention;
    bot.start().await;
    let odd = |text: &str| Said::text(text).told_oddly(|it| it["type"] = json!("new"));
    bot.discord
        .send(bot.channel, bot.ann, odd("among ourselves"));
    let named = bot.discord.mention(bot.discord.bot());
    bot.discord.send(bot.channel, bot.ann, odd(&named));
    bot.discord.say_to_bot(bot.channel, bot.ann, "hello");
    let said = bot.said(2).await;
    assert!(said[0].content.starts_with("Not taken"), "{said:?}");
    assert_eq!(said[1].content, "hello");
    assert_eq!(bot.store.counts().await.unwrap().received, 2);
}

#[tokio::test]
async fn s79_a_channel_or_thread_that_is_told_oddly_loses_nothing_of_its_server() {
    let mut bot = echo().await;
    let changes: [Change; 7] = [
        |it| it["permission_overwrites"] = Value::Null,
        |it| it["permission_overwrites"] = json!([{ "id": null }, 7]),
        |it| it["parent_id"] = json!("0"),
        |it| it["last_message_id"] = json!({}),
        |it| it["type"] = Value::Null,
        |it| it["thread_metadata"] = json!("none"),
        |it| it["name"] = json!(0),
    ];
    let odd = changes.map(|change| {
        let channel = bot.discord.channel(bot.server, "odd");
        bot.discord.tell_oddly(channel, change);
        channel
    });
    // A message of an unknown type, and a field that only this server sends.
    let unknown = bot.discord.channel(bot.server, "unknown");
    bot.discord.tell_oddly(unknown, |it| it["id"] = json!("-"));
    bot.discord.tell_oddly(bot.server, |it| {
        it["roles"] = json!([null, "x", { "id": "1" }]);
        it["members"] = Value::Null;
        it["threads"] = json!(3);
        it["unavailable"] = Value::Null;
    });
    bot.start().await;
    let channels = [bot.channel].into_iter().chain(odd);
    let channels: Vec<Snowflake> = channels.collect();
    for channel in &channels {
        bot.discord.say(*channel, bot.ann, "before");
        bot.discord.until_bot_said(*channel, 1).await;
    }
    bot.kill().await;
    for channel in &channels {
        bot.discord.say(*channel, bot.ann, "missed");
    }
    bot.start().await;
    for channel in &channels {
        let said = bot.discord.until_bot_said(*channel, 2).await;
        assert_eq!(texts(&said), ["before", "missed"]);
    }
}

/// A quote of a message with many mentions.
fn quoting_many(text: &str, bytes: usize) -> Said {
    let many = json!({ "id": "5", "username": "x".repeat(1_000) });
    let many = vec![many; bytes / 1_000];
    Said::text(text).with(json!({ "referenced_message": { "mentions": many } }))
}

#[tokio::test]
async fn s79_a_page_that_is_too_long_is_fetched_in_parts() {
    const MANY: usize = 60;
    let mut bot = echo().await;
    bot.start().await;
    bot.say("before");
    bot.said(1).await;
    bot.kill().await;
    let mut expected = vec!["before".to_owned()];
    for number in 0..MANY {
        let text = format!("missed {number}");
        let said = quoting_many(&text, 160_000);
        bot.discord.send(bot.channel, bot.ann, said);
        expected.push(text);
    }
    bot.start().await;
    bot.say("after");
    expected.push("after".to_owned());
    let said = bot.said(expected.len()).await;
    assert_eq!(texts(&said), expected);
}

#[tokio::test]
async fn s79_a_message_that_is_too_long_alone_is_refused_and_passed_over() {
    let mut bot = echo().await;
    bot.start().await;
    bot.say("before");
    bot.said(1).await;
    bot.kill().await;
    bot.say("one");
    let long = quoting_many("long", 9_000_000);
    let long = bot.discord.send(bot.channel, bot.ann, long);
    bot.say("two");
    bot.start().await;
    assert_eq!(texts(&bot.said(3).await), ["before", "one", "two"]);
    let kept = bot.kept(long).await.unwrap();
    assert_eq!(kept.state, MessageState::Refused);
    let reason = "the message could not be read: the message is too long";
    assert_eq!(kept.reason.as_deref(), Some(reason));
}

/// A path into a value: fields and indexes.
type Path = Vec<Result<String, usize>>;

/// Every path in a value.
fn paths(value: &Value, before: &Path, all: &mut Vec<Path>) {
    let into = |step: Result<String, usize>| before.iter().cloned().chain([step]).collect::<Path>();
    let inner: Vec<(Path, &Value)> = match value {
        Value::Object(fields) => fields
            .iter()
            .map(|(name, value)| (into(Ok(name.clone())), value))
            .collect(),
        Value::Array(elements) => elements
            .iter()
            .enumerate()
            .map(|(index, value)| (into(Err(index)), value))
            .collect(),
        _ => Vec::new(),
    };
    for (path, value) in inner {
        paths(value, &path, all);
        all.push(path);
    }
}

/// Replaces the value at a path; `None` removes it.
fn put(value: &mut Value, path: &Path, what: Option<Value>) {
    let (last, before) = path.split_last().unwrap();
    let parent = before.iter().try_fold(value, |value, step| match step {
        Ok(name) => value.get_mut(name),
        Err(index) => value.get_mut(index),
    });
    match (parent, last, what) {
        (Some(Value::Object(fields)), Ok(name), Some(what)) => {
            fields.insert(name.clone(), what);
        }
        (Some(Value::Object(fields)), Ok(name), None) => {
            fields.remove(name);
        }
        (Some(Value::Array(elements)), Err(index), what) if *index < elements.len() => {
            // Set to null instead of removed: the change is applied twice, and would remove two elements.
            elements[*index] = what.unwrap_or_default();
        }
        _ => {}
    }
}

fn oddities() -> Vec<Option<Value>> {
    let mut all: Vec<_> = [
        json!(null),
        json!("0"),
        json!(0),
        json!(-1.5),
        json!(true),
        json!([]),
        json!({}),
        json!([[null]]),
        json!({ "id": "x" }),
        json!(u64::MAX),
        json!(u64::MAX.to_string()),
        json!("9".repeat(10_000)),
    ]
    .map(Some)
    .into();
    all.push(None);
    all
}

/// A message with all kinds of content.
fn everything(bot: &Bot, answers: Snowflake) -> Said {
    let image = json!({
        "id": "7", "filename": "a.png", "size": 3, "url": "http://127.0.0.1:9/a.png",
    });
    Said::text("everything").reply_to(answers).with(json!({
        "embeds": [{
            "title": "t", "description": "d", "url": "u", "author": { "name": "n" },
            "fields": [{ "name": "a", "value": "b" }],
        }],
        "sticker_items": [{ "id": "8", "name": "s" }],
        "poll": { "question": { "text": "q" }, "answers": [{ "poll_media": { "text": "a" } }] },
        "message_snapshots": [{ "message": { "content": "c", "embeds": [], "attachments": [] } }],
        "mentions": [{ "id": bot.ann, "username": "ann" }],
        "mention_roles": ["9"],
        "components": [{ "type": 1, "components": [] }],
        "webhook_id": null,
        "attachments": [],
        "thread": { "id": "10", "type": 11, "thread_metadata": { "archived": false } },
        "file": image,
    }))
}

/// Writes one message for each oddity, with ordinary messages between. Returns the texts of the ordinary
/// messages.
fn write_oddly(bot: &Bot, among: &str) -> Vec<String> {
    let answers = bot.say("what is quoted");
    let sample = Arc::new(Mutex::new(Value::Null));
    let seen = Arc::clone(&sample);
    let said = everything(bot, answers);
    let said = said.told_oddly(move |it| *seen.lock().unwrap() = it.clone());
    bot.discord.send(bot.channel, bot.ann, said);
    let sample = sample.lock().unwrap().clone();
    let mut all = Vec::new();
    paths(&sample, &Vec::new(), &mut all);
    assert!(all.len() > 100, "{all:?}");
    let mut expected = Vec::new();
    for (number, path) in all.iter().enumerate() {
        // All combinations would be many thousand messages, so each path gets some oddities, and each
        // oddity many paths.
        let ways = oddities();
        let ways = ways.iter().enumerate();
        for (_, what) in ways.filter(|(way, _)| (way + number) % 9 == 0) {
            let (path, what) = (path.clone(), what.clone());
            let odd = everything(bot, answers).told_oddly(move |it| put(it, &path, what.clone()));
            bot.discord.send(bot.channel, bot.ann, odd);
        }
        if number % 5 == 0 {
            let text = format!("{among} {number}");
            bot.say(&text);
            expected.push(text);
        }
    }
    let last = format!("{among} at last");
    bot.say(&last);
    expected.push(last);
    expected
}

/// The answers to these messages, after the last message has an answer.
async fn answered(bot: &Bot, expected: &[String], among: &str) -> Vec<String> {
    let (us, last) = (bot.discord.bot(), expected.last().unwrap());
    bot.discord
        .until_said(bot.channel, |it| it.author == us && it.content == *last)
        .await;
    let messages = bot.discord.messages(bot.channel);
    let said = messages.into_iter().filter(|it| it.author == us);
    let said = said.map(|it| it.content);
    said.filter(|it| it.starts_with(among)).collect()
}

#[tokio::test]
async fn s79_however_a_message_is_odd_no_other_is_lost() {
    let mut bot = echo().await;
    bot.limits.waiting = 10_000;
    bot.start().await;
    bot.say("first");
    bot.said(1).await;
    bot.kill().await;
    let expected = write_oddly(&bot, "missed");
    bot.start().await;
    assert_eq!(answered(&bot, &expected, "missed").await, expected);
    let expected = write_oddly(&bot, "live");
    assert_eq!(answered(&bot, &expected, "live").await, expected);
}

#[tokio::test]
async fn s79_however_a_channel_is_odd_no_other_is_lost() {
    let mut bot = echo().await;
    let sample = Arc::new(Mutex::new(Value::Null));
    let seen = Arc::clone(&sample);
    let thread = bot.discord.thread(bot.channel, None, bot.ann, "talk");
    bot.discord
        .tell_oddly(thread, move |it| *seen.lock().unwrap() = it.clone());
    bot.discord.set_archived(thread, false);
    let sample = sample.lock().unwrap().clone();
    let mut all = Vec::new();
    paths(&sample, &Vec::new(), &mut all);
    assert!(all.len() > 10, "{all:?}");
    for (number, path) in all.iter().enumerate() {
        for (way, what) in oddities().into_iter().enumerate() {
            if (way + number) % 4 != 0 {
                continue;
            }
            let channel = bot.discord.channel(bot.server, "odd");
            let path = path.clone();
            bot.discord
                .tell_oddly(channel, move |it| put(it, &path, what.clone()));
        }
    }
    let other = bot.discord.channel(bot.server, "other");
    bot.start().await;
    bot.discord.say(other, bot.ann, "before");
    bot.discord.until_bot_said(other, 1).await;
    bot.kill().await;
    bot.discord.say(other, bot.ann, "missed");
    bot.start().await;
    let said = bot.discord.until_bot_said(other, 2).await;
    assert_eq!(texts(&said), ["before", "missed"]);
}
