//! Texts that people write for an approval, in a reply to a question of the bot.

use baton_chat::chat_settings::People;
use baton_core::approval::Verdict;
use baton_testkit::scripted_agent::scripted;
use baton_testkit::telegram::Message;

use super::approval_buttons::{
    ask_in_group, card_in, disabled_labels, until_outcome, which_colour,
};
use super::bot::Bot;
use crate::questions::command_question;

const WITH_REASON: &str = "Deny and say why";

fn forces_reply(message: &Message) -> bool {
    let markup = message.markup.as_ref();
    markup.is_some_and(|markup| markup["force_reply"] == true)
}

/// Ann presses the button, and the bot asks her for a text.
async fn prompt_in(bot: &Bot, card: &Message, label: &str) -> Message {
    let press = bot.telegram.press_label(card.chat, card.id, bot.ann, label);
    let prompt = bot.telegram.until_said(card.chat, forces_reply).await;
    bot.telegram.until_answered(&press).await;
    prompt
}

/// A person replies to a message. Returns the number of the reply.
fn reply_to(bot: &Bot, message: &Message, person: i64, text: &str) -> i64 {
    let saying = bot.telegram.saying(message.chat, person).text(text);
    let saying = match message.topic {
        Some(topic) => saying.topic(topic),
        None => saying,
    };
    saying.reply_to(message.id).send()
}

fn denied_by_ann(reason: &str) -> Verdict {
    Verdict::Denied {
        reason: format!("Denied by Ann: {reason}"),
    }
}

#[tokio::test]
async fn a_reply_to_the_question_is_the_reason_of_a_denial() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let card = card_in(&bot, bot.group, "Run ls").await;
    let prompt = prompt_in(&bot, &card, WITH_REASON).await;
    assert_eq!(
        (prompt.topic, prompt.reply_to),
        (Some(topic), Some(card.id))
    );
    assert!(prompt.text.contains("Ann: Why not?"), "{}", prompt.text);
    let mentioned = |it: &serde_json::Value| it["user"]["id"] == bot.ann;
    assert!(prompt.entities.iter().any(mentioned), "{prompt:?}");
    let markup = prompt.markup.as_ref().unwrap();
    assert_eq!(markup["selective"], true);
    let reply = reply_to(&bot, &prompt, bot.ann, "not on a Friday");
    assert_eq!(decided.await.unwrap(), denied_by_ann("not on a Friday"));
    let shown = until_outcome(&bot, &card, "Denied by Ann: not on a Friday").await;
    let labels = disabled_labels(&shown);
    assert_eq!(labels, ["Allow", "Allow for this session", "☑ Deny"]);
    turn.reply("done");
    let done = |message: &Message| message.text == "done";
    bot.telegram.until_said(bot.group, done).await;
    assert!(bot.kept(bot.group, reply).await.is_none());
    assert!(script.begun().is_none(), "the reason is no message");
}

#[tokio::test]
async fn s54_a_reason_counts_after_a_restart() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "do it");
    let turn = script.next_turn().await;
    let _decided = turn.ask(command_question("ls"));
    let card = card_in(&bot, private, "Run ls").await;
    let prompt = prompt_in(&bot, &card, WITH_REASON).await;
    bot.until_settled().await;
    bot.kill();
    drop(turn);
    bot.start().await;
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    reply_to(&bot, &prompt, bot.ann, "no");
    assert_eq!(decided.await.unwrap(), denied_by_ann("no"));
    let shown = until_outcome(&bot, &card, "Denied by Ann: no").await;
    assert_eq!(disabled_labels(&shown).len(), 3);
    turn.reply("done");
}

#[tokio::test]
async fn only_the_person_who_pressed_gives_the_reason() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let eve = bot.telegram.person("Eve");
    bot.telegram.join(bot.group, eve);
    let (turn, decided, card) = ask_in_group(&bot, &mut script).await;
    let press = bot
        .telegram
        .press_label(bot.group, card.id, eve, WITH_REASON);
    let told = bot.telegram.until_answered(&press).await;
    let text = told["text"].as_str().unwrap_or_default();
    assert!(text.contains("not yours"), "{told}");
    let prompt = prompt_in(&bot, &card, WITH_REASON).await;
    let foreign = reply_to(&bot, &prompt, eve, "I do not like it");
    let told = |message: &Message| message.only_for == Some(eve);
    let told = bot.telegram.until_said(bot.group, told).await;
    assert!(told.text.contains("for somebody else"), "{}", told.text);
    let anonymous = bot.telegram.saying(bot.group, bot.ann).text("in disguise");
    anonymous.reply_to(prompt.id).anonymous().send();
    reply_to(&bot, &prompt, bot.ann, "mine");
    assert_eq!(decided.await.unwrap(), denied_by_ann("mine"));
    turn.reply("done");
    let done = |message: &Message| message.text == "done";
    bot.telegram.until_said(bot.group, done).await;
    assert!(bot.kept(bot.group, foreign).await.is_none());
    assert!(script.begun().is_none(), "no reply is a message");
}

#[tokio::test]
async fn a_reply_of_a_stranger_to_a_question_gets_no_answer() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.answering().speakers = Some(People {
        users: [bot.ann.to_string().into()].into(),
        ..People::default()
    });
    bot.start().await;
    let eve = bot.telegram.person("Eve");
    bot.telegram.join(bot.group, eve);
    let (turn, decided, card) = ask_in_group(&bot, &mut script).await;
    let prompt = prompt_in(&bot, &card, WITH_REASON).await;
    reply_to(&bot, &prompt, eve, "mine");
    let channel = bot.telegram.channel("News");
    let saying = || bot.telegram.saying(bot.group, bot.ann).text("mine");
    saying().reply_to(prompt.id).anonymous().send();
    saying().reply_to(prompt.id).via_channel(channel).send();
    reply_to(&bot, &prompt, bot.ann, "no");
    assert_eq!(decided.await.unwrap(), denied_by_ann("no"));
    turn.reply("done");
    let done = |message: &Message| message.text == "done";
    bot.telegram.until_said(bot.group, done).await;
    let said = bot.telegram.bot_messages(bot.group);
    let about_replies = said.iter().filter(|it| it.text.contains("somebody else"));
    assert_eq!(about_replies.count(), 0, "{said:?}");
    assert!(bot.telegram.messages_only_for(bot.group, eve).is_empty());
}

#[tokio::test]
async fn a_reason_that_comes_too_late_tells_who_decided() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let (turn, decided, card) = ask_in_group(&bot, &mut script).await;
    let prompt = prompt_in(&bot, &card, WITH_REASON).await;
    bot.telegram
        .press_label(bot.group, card.id, bot.ann, "Allow");
    assert_eq!(decided.await.unwrap(), Verdict::Allowed);
    let next = turn.ask(command_question("rm"));
    let other = card_in(&bot, bot.group, "Run rm").await;
    reply_to(&bot, &prompt, bot.ann, "no");
    let late = |message: &Message| {
        message.only_for == Some(bot.ann) && message.text.contains("Allowed by Ann")
    };
    bot.telegram.until_said(bot.group, late).await;
    // The later approval is still open.
    bot.telegram
        .press_label(bot.group, other.id, bot.ann, "Allow");
    assert_eq!(next.await.unwrap(), Verdict::Allowed);
    // After the decision, the button asks for nothing.
    let name = card.callback(WITH_REASON).unwrap();
    let press = bot.telegram.press(bot.group, card.id, bot.ann, &name);
    let told = bot.telegram.until_answered(&press).await;
    let text = told["text"].as_str().unwrap_or_default();
    assert!(text.contains("Allowed by Ann"), "{told}");
    turn.reply("done");
}

#[tokio::test]
async fn a_question_is_answered_in_own_words() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "paint");
    let turn = script.next_turn().await;
    let decided = turn.ask(which_colour());
    let card = card_in(&bot, private, "What shall it be?").await;
    let prompt = prompt_in(&bot, &card, "Something else").await;
    assert!(prompt.text.contains("Which colour?"), "{}", prompt.text);
    reply_to(&bot, &prompt, bot.ann, "green");
    let answered = Verdict::Answered(vec!["green".to_owned()]);
    assert_eq!(decided.await.unwrap(), answered);
    let shown = until_outcome(&bot, &card, "Answered by Ann: green").await;
    let labels = disabled_labels(&shown);
    assert_eq!(labels, ["red", "blue", "☑ Something else", "Do not answer"]);
    turn.reply("done");
}

#[tokio::test]
async fn a_card_that_was_deleted_is_quoted_by_no_question() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let card = card_in(&bot, private, "Run ls").await;
    let name = card.callback(WITH_REASON).unwrap();
    bot.telegram.delete(private, card.id);
    bot.telegram.press(private, card.id, bot.ann, &name);
    let prompt = bot.telegram.until_said(private, forces_reply).await;
    assert_eq!(prompt.reply_to, None);
    let voice = bot.telegram.saying(private, bot.ann).voice(vec![1]);
    voice.reply_to(prompt.id).send();
    let asked_again =
        |message: &Message| message.text == "Your reply has no text. Please reply with a text.";
    bot.telegram.until_said(private, asked_again).await;
    reply_to(&bot, &prompt, bot.ann, "no");
    assert_eq!(decided.await.unwrap(), denied_by_ann("no"));
    turn.reply("done");
}
