//! Private chats, groups and topics, and the commands in them.

use baton_chat::chat_settings::{People, Trigger};
use baton_core::approval::Verdict;
use baton_testkit::agent_run::within;
use baton_testkit::scripted_agent::scripted;
use baton_testkit::telegram::{Fault, Held};

use super::approval_buttons::card_in;
use super::bot::{Bot, echo_agent, place, texts};
use crate::questions::command_question;

#[tokio::test]
async fn a_private_chat_a_group_and_a_topic_are_conversations_of_their_own() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "private");
    bot.say("group");
    bot.telegram.say_in(bot.group, topic, bot.ann, "topic");
    // All three turns run at once.
    let mut turns = Vec::new();
    for _ in 0..3 {
        turns.push(script.next_turn().await);
    }
    for turn in turns {
        let text = format!("re: {}", turn.texts()[0]);
        turn.reply(text);
    }
    let said = bot.said(2).await;
    let in_topic: Vec<_> = said.iter().filter(|it| it.topic == Some(topic)).collect();
    assert_eq!(in_topic.len(), 1);
    assert_eq!(in_topic[0].text, "re: topic");
    let said = bot.telegram.until_bot_said(private, 1).await;
    assert_eq!(texts(&said), ["re: private"]);
}

#[tokio::test]
async fn only_mentions_and_replies_are_answered_by_default() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.answering().trigger = Trigger::Mention;
    bot.start().await;
    bot.say("nobody in particular");
    let name = bot.telegram.bot_name();
    bot.say(&format!("@{name} hello"));
    let said = bot.said(1).await;
    assert_eq!(texts(&said), ["hello"]);
    let saying = bot.telegram.saying(bot.group, bot.ann).text("and this");
    saying.reply_to(said[0].id).send();
    let said = bot.said(2).await;
    assert!(said[1].text.contains("and this"), "{}", said[1].text);
}

#[tokio::test]
async fn anonymous_administrators_and_channels_are_on_no_list() {
    let mut bot = Bot::new(echo_agent()).await;
    let speakers = People {
        users: [bot.ann.to_string().into()].into(),
        ..People::default()
    };
    bot.answering().speakers = Some(speakers);
    bot.start().await;
    let channel = bot.telegram.channel("News");
    bot.telegram
        .saying(bot.group, bot.ann)
        .text("hidden")
        .anonymous()
        .send();
    let saying = bot.telegram.saying(bot.group, bot.ann).text("channel");
    saying.via_channel(channel).send();
    bot.say("by me");
    assert_eq!(texts(&bot.said(1).await), ["by me"]);
}

#[tokio::test]
async fn a_topic_can_have_settings_of_its_own() {
    let mut bot = Bot::new(echo_agent()).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.answering().trigger = Trigger::Mention;
    let of_topic = place(&format!("{}/{topic}", bot.group), super::bot::BOB);
    bot.settings.chat.places.push(of_topic);
    bot.start().await;
    bot.say("no mention");
    bot.telegram
        .say_in(bot.group, topic, bot.ann, "in the topic");
    assert_eq!(texts(&bot.said(1).await), ["in the topic"]);
}

#[tokio::test]
async fn s07_a_command_is_answered_during_a_turn() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "work");
    let turn = script.next_turn().await;
    bot.telegram.say(private, bot.ann, "/stop");
    turn.stopped().await;
    drop(turn);
    let said = bot
        .telegram
        .until_said(private, |message| {
            message.text.to_lowercase().contains("stop")
        })
        .await;
    assert!(!said.text.is_empty());
}

#[tokio::test]
async fn s07_a_stop_and_a_decision_in_a_group_wait_for_no_list_of_administrators() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let held = Fault::Hold(Held::default());
    bot.telegram.fail("getChatAdministrators", held);
    bot.say("work");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let card = card_in(&bot, bot.group, "Run ls").await;
    bot.telegram
        .press_label(bot.group, card.id, bot.ann, "Allow");
    assert_eq!(
        within("a decision", decided).await.unwrap(),
        Verdict::Allowed
    );
    bot.say("/stop");
    within("a stop", turn.stopped()).await;
    let asked = bot.telegram.asked();
    let about_rights = asked
        .iter()
        .filter(|it| it.method == "getChatAdministrators");
    assert_eq!(about_rights.count(), 0);
}

#[tokio::test]
async fn the_answer_to_a_command_in_a_group_is_for_its_sender() {
    let bot = Bot::started(echo_agent()).await;
    bot.say("/queue");
    let answer = bot
        .telegram
        .until_said(bot.group, |message| message.only_for.is_some())
        .await;
    assert_eq!(answer.only_for, Some(bot.ann));
}

#[tokio::test]
async fn a_command_of_another_bot_is_not_ours() {
    let bot = Bot::started(echo_agent()).await;
    bot.say("/status@other_bot");
    let name = bot.telegram.bot_name();
    bot.say(&format!("/ping@{name}"));
    bot.say("hello");
    bot.telegram
        .until_said(bot.group, |message| message.text == "I am here.")
        .await;
    bot.telegram
        .until_said(bot.group, |message| {
            message.text == "hello" && Some(bot.telegram.bot()) == message.author
        })
        .await;
    let ours = bot.telegram.bot_messages(bot.group);
    assert!(
        ours.iter()
            .all(|message| !message.text.contains("other_bot"))
    );
}

#[tokio::test]
async fn start_tells_the_numbers_for_the_configuration() {
    let bot = Bot::started(echo_agent()).await;
    let private = bot.private();
    bot.telegram.say(private, bot.ann, "/start");
    let said = bot.telegram.until_bot_said(private, 1).await;
    let id = format!("user:{}", bot.ann);
    assert!(said[0].text.contains(&id), "{}", said[0].text);
}

#[tokio::test]
async fn the_answer_to_a_deleted_command_comes_without_the_quote() {
    let bot = Bot::started(echo_agent()).await;
    let private = bot.private();
    // Ann deletes the command before the answer.
    let gone = Fault::Error(
        400,
        "Bad Request: message to be replied not found",
        serde_json::Value::Null,
    );
    bot.telegram.fail_next("sendMessage", 1, gone);
    bot.telegram.say(private, bot.ann, "/ping");
    let said = bot.telegram.until_bot_said(private, 1).await;
    assert_eq!(said[0].reply_to, None);
}

#[tokio::test]
async fn s43_the_answer_to_a_command_of_the_bot_itself_is_tried_again() {
    let bot = Bot::started(echo_agent()).await;
    let private = bot.private();
    let broken = Fault::Error(500, "Internal Server Error", serde_json::Value::Null);
    bot.telegram.fail_next("sendMessage", 2, broken);
    bot.telegram.say(private, bot.ann, "/ping");
    let said = bot.telegram.until_bot_said(private, 1).await;
    assert_eq!(texts(&said), ["I am here."]);
}

#[tokio::test]
async fn s67_a_group_that_becomes_a_supergroup_keeps_its_conversation() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    let group = bot.telegram.group("Friends", &[bot.ann]);
    bot.settings
        .chat
        .places
        .push(place(&group.to_string(), super::bot::BOB));
    bot.start().await;
    bot.telegram.say(group, bot.ann, "one");
    let turn = script.next_turn().await;
    let supergroup = bot.telegram.migrate(group, bot.ann);
    turn.reply("1");
    let said = bot.telegram.until_bot_said(supergroup, 1).await;
    assert_eq!(texts(&said), ["1"]);
    bot.telegram.say(supergroup, bot.ann, "two");
    script.next_turn().await.reply("2");
    let said = bot.telegram.until_bot_said(supergroup, 2).await;
    assert_eq!(texts(&said), ["1", "2"]);
}

#[tokio::test]
async fn s44_each_request_can_have_a_topic_also_after_a_lost_answer() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.answering().thread_per_request = true;
    bot.telegram.promote_bot(bot.group, &["can_manage_topics"]);
    bot.start().await;
    bot.say("one");
    let first = bot.said(1).await;
    assert_eq!(first[0].text, "one");
    assert!(first[0].topic.is_some());
    bot.telegram
        .fail_next("createForumTopic", 1, Fault::LoseAnswer);
    bot.say("two");
    let said = bot.said(2).await;
    let second = said.iter().find(|message| message.text == "two").unwrap();
    assert!(second.topic.is_some() && second.topic != first[0].topic);
    assert_eq!(bot.telegram.topics(bot.group).len(), 2);
    // A message in a topic of the bot belongs to its conversation.
    bot.telegram
        .say_in(bot.group, second.topic.unwrap(), bot.ann, "three");
    let said = bot.said(3).await;
    let third = said.iter().find(|message| message.text == "three").unwrap();
    assert_eq!(third.topic, second.topic);
}
