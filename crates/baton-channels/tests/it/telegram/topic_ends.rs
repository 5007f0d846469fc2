//! The end of idle topics on Telegram: closed or deleted, and never under a message.

use baton_core::clock::Wall;
use baton_core::store::{PruneTopics, PrunedTopics};
use baton_core::topic::{TopicEnd, TopicState};
use baton_testkit::scripted_agent::scripted;
use baton_testkit::telegram::{Fault, Held};

use super::bot::{Bot, echo_agent};
use super::topics::{answer_of, begin_topic, bot_with_topics};

async fn prune(bot: &Bot, end: TopicEnd, named: &[i64]) -> PrunedTopics {
    let named = named.iter().map(|topic| format!("{}/{topic}", bot.group));
    let prune = PruneTopics {
        end,
        idle_since: Wall(i64::MAX),
        named: named.collect(),
        is_rehearsal: false,
    };
    bot.store.prune_topics(prune).await.unwrap()
}

#[tokio::test]
async fn an_idle_topic_of_baton_is_closed_and_an_answer_opens_it_again() {
    let bot = bot_with_topics(echo_agent()).await;
    let of_people = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, of_people, bot.ann, "hers");
    answer_of(&bot, bot.group, "hers").await;
    let topic = begin_topic(&bot, "one").await;
    bot.until_settled().await;
    let pruned = prune(&bot, TopicEnd::Closed, &[]).await;
    assert_eq!(pruned.ended.len(), 1);
    bot.telegram.until_closed(bot.group, topic, true).await;
    bot.until_settled().await;
    let listed = bot.store.list_topics().await.unwrap();
    let states: Vec<_> = listed
        .iter()
        .map(|it| (it.name.as_deref(), it.is_ours, it.state))
        .collect();
    assert_eq!(
        states,
        [
            (Some("one"), true, TopicState::Closed),
            (Some("ships"), false, TopicState::Ready)
        ]
    );
    bot.telegram.say_in(bot.group, topic, bot.ann, "two");
    answer_of(&bot, bot.group, "two").await;
    bot.telegram.until_closed(bot.group, topic, false).await;
}

#[tokio::test]
async fn a_topic_of_people_is_closed_only_by_its_name() {
    let bot = Bot::started(echo_agent()).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "one");
    answer_of(&bot, bot.group, "one").await;
    bot.until_settled().await;
    let all = prune(&bot, TopicEnd::Closed, &[]).await;
    assert_eq!(all, PrunedTopics::default());
    let named = prune(&bot, TopicEnd::Closed, &[topic, 999]).await;
    assert_eq!((named.ended.len(), named.unknown.len()), (1, 1));
    bot.telegram.until_closed(bot.group, topic, true).await;
}

#[tokio::test]
async fn s49_the_last_reply_arrives_before_the_topic_is_closed() {
    let (agent, mut script) = scripted();
    let bot = bot_with_topics(agent).await;
    bot.say("one");
    let turn = script.next_turn().await;
    bot.telegram.until_topic(bot.group, "one").await;
    let topic = bot.telegram.topics(bot.group)[0].id;
    let held = Held::default();
    bot.telegram
        .fail_next("sendMessage", 1, Fault::Hold(held.clone()));
    let conversation = turn.turn.claim.conversation;
    turn.reply("last");
    bot.telegram.until_asked("sendMessage", 1).await;
    bot.store.reset(conversation).await.unwrap();
    let pruned = prune(&bot, TopicEnd::Closed, &[topic]).await;
    assert_eq!((pruned.ended.len(), pruned.busy.len()), (0, 1));
    held.release();
    bot.until_settled().await;
    let pruned = prune(&bot, TopicEnd::Closed, &[topic]).await;
    assert_eq!(pruned.ended.len(), 1);
    bot.telegram.until_closed(bot.group, topic, true).await;
    let messages = bot.telegram.messages(bot.group);
    let position = |is_it: &dyn Fn(&baton_testkit::telegram::Message) -> bool| {
        messages.iter().position(is_it).unwrap()
    };
    let reply = position(&|it| it.text == "last");
    let closing = position(&|it| it.more.contains_key("forum_topic_closed"));
    assert!(reply < closing, "{messages:?}");
}

#[tokio::test]
async fn a_message_at_the_same_moment_wins_over_the_end_of_its_topic() {
    let (agent, mut script) = scripted();
    let mut bot = bot_with_topics(agent).await;
    bot.say("one");
    script.next_turn().await.reply("1");
    let topic = bot.said(1).await[0].topic.unwrap();
    bot.until_settled().await;
    bot.telegram.until_acknowledged().await;
    bot.kill();
    // The order is stored while no process runs, and Ann writes before the next start.
    let pruned = prune(&bot, TopicEnd::Closed, &[]).await;
    assert_eq!(pruned.ended.len(), 1);
    bot.telegram.say_in(bot.group, topic, bot.ann, "two");
    bot.start().await;
    script.next_turn().await.reply("2");
    let said = answer_of(&bot, bot.group, "2").await;
    assert_eq!(said.topic, Some(topic));
    bot.telegram.until_closed(bot.group, topic, false).await;
}

#[tokio::test]
async fn a_topic_is_deleted_on_request_only_and_its_conversation_gets_another_one() {
    let (agent, mut script) = scripted();
    let bot = bot_with_topics(agent).await;
    bot.say("one");
    script.next_turn().await.reply("1");
    let topic = bot.said(1).await[0].topic.unwrap();
    bot.until_settled().await;
    bot.telegram.until_topic(bot.group, "one").await;
    bot.telegram.until_acknowledged().await;
    let pruned = prune(&bot, TopicEnd::Deleted, &[]).await;
    assert_eq!(pruned.ended.len(), 1);
    bot.telegram.until_asked("deleteForumTopic", 1).await;
    bot.until_settled().await;
    assert!(bot.telegram.topics(bot.group).is_empty());
    let listed = bot.store.list_topics().await.unwrap();
    assert_eq!((listed[0].state, &listed[0].id), (TopicState::Gone, &None));
    let again = prune(&bot, TopicEnd::Deleted, &[topic]).await;
    assert_eq!(again.unknown.len(), 1);
}

#[tokio::test]
async fn the_deletion_of_a_topic_that_somebody_deleted_is_done() {
    let mut bot = bot_with_topics(echo_agent()).await;
    let topic = begin_topic(&bot, "one").await;
    bot.until_settled().await;
    bot.telegram.until_acknowledged().await;
    bot.kill();
    prune(&bot, TopicEnd::Deleted, &[]).await;
    bot.telegram.delete_topic(bot.group, topic);
    bot.start().await;
    bot.until_settled().await;
    assert!(bot.store.dead(10).await.unwrap().is_empty());
    let listed = bot.store.list_topics().await.unwrap();
    assert_eq!(listed[0].state, TopicState::Gone);
}
