//! `/sessions`, `/rename`, `/mute` and `/unmute` on Telegram.

use baton_chat::chat_settings::People;
use baton_testkit::scripted_agent::scripted;
use baton_testkit::telegram::{Fault, Message};
use serde_json::Value;

use super::approval_buttons::card_in;
use super::bot::{BOB, Bot, echo_agent, place};
use crate::questions::command_question;

/// Waits for the bot's message with this text, also if only one person sees the message.
async fn told(bot: &Bot, chat: i64, text: &str) -> Message {
    let us = Some(bot.telegram.bot());
    let like = |message: &Message| message.author == us && message.text.contains(text);
    bot.telegram.until_said(chat, like).await
}

/// Waits for the reply with exactly this text.
async fn replied(bot: &Bot, chat: i64, text: &str) -> Message {
    let us = Some(bot.telegram.bot());
    let like = |message: &Message| message.author == us && message.text == text;
    bot.telegram.until_said(chat, like).await
}

#[tokio::test]
async fn sessions_lists_the_conversations_of_this_chat_only() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    let secret = bot.telegram.create_topic(bot.group, bot.ann, "secrets");
    let mut of_secret = place(&format!("{}/{secret}", bot.group), BOB);
    let eve = bot.telegram.person("Eve");
    of_secret.answering.speakers = Some(People {
        users: [eve.to_string().into()].into(),
        ..People::default()
    });
    bot.settings.chat.places.push(of_secret);
    bot.telegram.join(bot.group, eve);
    bot.start().await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "in private");
    script.next_turn().await.reply("1");
    bot.telegram.say_in(bot.group, secret, eve, "a secret");
    script.next_turn().await.reply("2");
    bot.say("in general");
    script.next_turn().await.reply("3");
    bot.telegram
        .say_in(bot.group, topic, bot.ann, "about `ships`");
    let turn = script.next_turn().await;
    let waits = bot.telegram.say_in(bot.group, topic, bot.ann, "and boats");
    bot.telegram.until_reaction(bot.group, waits, "👀").await;
    bot.say("/sessions");
    let list = told(&bot, bot.group, "answering").await;
    assert_eq!(list.only_for, Some(bot.ann));
    let lines: Vec<_> = list.text.lines().collect();
    assert_eq!(lines.len(), 2, "{}", list.text);
    assert!(lines[0].contains("answering, 1 waiting"), "{}", lines[0]);
    assert!(lines[0].contains("and boats"), "{}", lines[0]);
    assert!(lines[1].contains("here: idle"), "{}", lines[1]);
    let group = bot.group.to_string();
    let link = format!(
        "https://t.me/c/{}/{topic}",
        group.strip_prefix("-100").unwrap()
    );
    assert!(list.entities.iter().any(|it| it["url"] == link), "{list:?}");
    turn.reply("4");
    script.next_turn().await.reply("5");
    replied(&bot, bot.group, "5").await;
    bot.telegram.say(private, bot.ann, "/sessions");
    let list = told(&bot, private, "here: idle").await;
    assert!(list.text.contains("in private"), "{}", list.text);
    assert!(!list.text.contains("ships"), "{}", list.text);
}

#[tokio::test]
async fn mute_lasts_until_unmute_and_spares_approvals() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    let group = bot.telegram.group("Friends", &[bot.ann]);
    bot.settings
        .chat
        .places
        .push(place(&group.to_string(), BOB));
    bot.start().await;
    bot.telegram.say(group, bot.ann, "/mute");
    told(&bot, group, "nobody has written").await;
    bot.telegram.say(group, bot.ann, "one");
    script.next_turn().await.reply("1");
    let loud = replied(&bot, group, "1").await;
    assert!(!loud.silent);
    bot.telegram.say(group, bot.ann, "/mute");
    told(&bot, group, "without a sound").await;
    bot.telegram.say(group, bot.ann, "/status");
    told(&bot, group, "muted: only questions").await;
    bot.until_settled().await;
    bot.kill();
    bot.start().await;
    bot.telegram.say(group, bot.ann, "two");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let card = card_in(&bot, group, "Run ls").await;
    assert!(!card.silent, "an approval is heard");
    bot.telegram.press_label(group, card.id, bot.ann, "Allow");
    decided.await.unwrap();
    turn.reply("2");
    assert!(replied(&bot, group, "2").await.silent);
    let supergroup = bot.telegram.migrate(group, bot.ann);
    bot.telegram.say(supergroup, bot.ann, "three");
    script.next_turn().await.reply("3");
    assert!(replied(&bot, supergroup, "3").await.silent);
    bot.telegram.say(supergroup, bot.ann, "/unmute");
    told(&bot, supergroup, "with a sound again").await;
    bot.telegram.say(supergroup, bot.ann, "four");
    script.next_turn().await.reply("4");
    assert!(!replied(&bot, supergroup, "4").await.silent);
}

#[tokio::test]
async fn rename_changes_the_topic_for_people_who_may() {
    let mut bot = Bot::new(echo_agent()).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    let eve = bot.telegram.person("Eve");
    bot.telegram.join(bot.group, eve);
    bot.start().await;
    let say = |person, text: &str| bot.telegram.say_in(bot.group, topic, person, text);
    say(bot.ann, "/rename   boats and ships  ");
    told(&bot, bot.group, "has its new name").await;
    let name = || bot.telegram.topics(bot.group)[0].name.clone();
    assert_eq!(name(), "boats and ships");
    say(eve, "/rename mine");
    told(&bot, bot.group, "Only people who may manage").await;
    say(bot.ann, "/rename");
    told(&bot, bot.group, "write it as: /rename NAME").await;
    say(bot.ann, &format!("/rename {}", "x".repeat(129)));
    told(&bot, bot.group, "at most 128 characters").await;
    bot.say("/rename everything");
    told(&bot, bot.group, "this is no topic").await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "/rename me");
    told(&bot, private, "this is no topic").await;
    assert_eq!(name(), "boats and ships");
    bot.telegram.demote_bot(bot.group);
    say(bot.ann, "/rename once more");
    told(&bot, bot.group, "The topic is not renamed").await;
    assert_eq!(name(), "boats and ships");
}

#[tokio::test]
async fn s43_a_rename_that_fails_for_now_is_tried_again() {
    let mut bot = Bot::new(echo_agent()).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.start().await;
    let broken = Fault::Error(500, "Internal Server Error", Value::Null);
    bot.telegram.fail_next("editForumTopic", 2, broken);
    bot.telegram
        .say_in(bot.group, topic, bot.ann, "/rename boats");
    told(&bot, bot.group, "has its new name").await;
    assert_eq!(bot.telegram.topics(bot.group)[0].name, "boats");
}
