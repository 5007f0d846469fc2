//! Groups whose topics were switched off (scenario s67).

use baton_testkit::scripted_agent::scripted;
use baton_testkit::telegram::{Fault, Message};
use serde_json::Value;

use super::bot::Bot;

const SECRET: &str = "secret of the topic";

/// Waits until people in the main chat are told.
async fn until_told(bot: &Bot) -> Message {
    let like = |message: &Message| message.text.contains("topics of this group");
    bot.telegram.until_said(bot.group, like).await
}

#[tokio::test]
async fn s67_topics_that_are_switched_off_are_told_once_and_nothing_is_written_elsewhere() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "one");
    let turn = script.next_turn().await;
    bot.telegram.set_forum(bot.group, false);
    turn.reply(SECRET);
    assert_eq!(until_told(&bot).await.topic, None);
    let said = bot.telegram.bot_messages(bot.group);
    assert!(
        said.iter().all(|message| message.text != SECRET),
        "{said:?}"
    );
}

#[tokio::test]
async fn s67_a_new_process_asks_before_it_writes_to_a_topic() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "one");
    bot.telegram.say_in(bot.group, topic, bot.ann, "two");
    let turn = script.next_turn().await;
    bot.telegram.until_acknowledged().await;
    bot.kill();
    drop(turn);
    bot.telegram.set_forum(bot.group, false);
    bot.start().await;
    // The first notice to people fails, so the second reply tells them.
    let refused = Fault::Error(400, "Bad Request: TRY_AGAIN", Value::Null);
    bot.telegram.fail_next("sendMessage", 1, refused);
    script.next_turn().await.reply(SECRET);
    let dead = bot.until_dead().await;
    assert!(dead.reason.unwrap().contains("switch them on again"));
    script.next_turn().await.reply(SECRET);
    assert_eq!(until_told(&bot).await.topic, None);
    let asked = bot.telegram.asked();
    let with_secret = asked.iter().filter(|it| it.body["text"] == SECRET);
    assert_eq!(with_secret.count(), 0, "not even for a moment");
    // After the switch, the dead reply goes into its topic.
    bot.telegram.set_forum(bot.group, true);
    bot.store.replay(dead.id, &"operator".into()).await.unwrap();
    // A replay is marked as possibly repeated.
    let in_topic =
        |message: &Message| message.text.contains(SECRET) && message.topic == Some(topic);
    bot.telegram.until_said(bot.group, in_topic).await;
}
