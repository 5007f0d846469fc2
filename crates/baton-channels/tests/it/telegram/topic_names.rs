//! The names of topics that people begin in private chats.

use super::bot::{Bot, echo_agent};
use super::topics::answer_of;

#[tokio::test]
async fn an_unnamed_private_topic_is_named_after_its_first_prompt_once() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.telegram.set_private_topics(true);
    let private = bot.private();
    bot.start().await;
    let topic = bot.telegram.create_unnamed_topic(private, bot.ann);
    bot.telegram.say_in(private, topic, bot.ann, "fix the roof");
    let said = answer_of(&bot, private, "fix the roof").await;
    assert_eq!(said.topic, Some(topic));
    let named = bot.telegram.until_topic(private, "fix the roof").await;
    assert_eq!(named, topic);
    bot.until_settled().await;
    bot.telegram.until_acknowledged().await;
    bot.kill();
    bot.start().await;
    bot.telegram.say_in(private, topic, bot.ann, "and the door");
    answer_of(&bot, private, "and the door").await;
    // A person names a topic before the first prompt.
    let named = bot.telegram.create_unnamed_topic(private, bot.ann);
    bot.telegram.rename_topic(private, bot.ann, named, "Mine");
    bot.telegram.say_in(private, named, bot.ann, "a prompt");
    answer_of(&bot, private, "a prompt").await;
    let plain = bot.telegram.create_topic(private, bot.ann, "Ours");
    bot.telegram.say_in(private, plain, bot.ann, "another");
    answer_of(&bot, private, "another").await;
    let all = bot.telegram.topics(private);
    let all: Vec<_> = all.iter().map(|it| it.name.as_str()).collect();
    assert_eq!(all, ["fix the roof", "Mine", "Ours"]);
    assert_eq!(bot.telegram.until_asked("editForumTopic", 1).await.len(), 1);
}
