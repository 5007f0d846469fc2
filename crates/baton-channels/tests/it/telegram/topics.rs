//! Topics on Telegram: their creation, and what people do to them.

use std::sync::Arc;
use std::time::Duration;

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::Agent;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{Script, ScriptedTurn, scripted};
use baton_testkit::telegram::{Fault, Held, Message};
use serde_json::Value;

use super::bot::{Bot, echo_agent, texts};
use crate::questions::command_question;

/// A bot that creates a topic for each message outside of topics.
pub(crate) async fn bot_with_topics(agent: Arc<dyn Agent>) -> Bot {
    let mut bot = Bot::new(agent).await;
    bot.answering().thread_per_request = true;
    bot.start().await;
    bot
}

/// An agent that answers with the text of the message.
/// Ann writes outside of topics, and gets the answer in a new topic. Returns the topic.
pub(crate) async fn begin_topic(bot: &Bot, text: &str) -> i64 {
    bot.say(text);
    let answer = answer_of(bot, bot.group, text).await;
    answer.topic.expect("the answer is in a topic")
}

/// Waits for the bot's message with this text.
pub(crate) async fn answer_of(bot: &Bot, chat: i64, text: &str) -> Message {
    let us = Some(bot.telegram.bot());
    let is_answer = |message: &Message| message.author == us && message.text == text;
    bot.telegram.until_said(chat, is_answer).await
}

fn is_closed(bot: &Bot, topic: i64) -> bool {
    let topics = bot.telegram.topics(bot.group);
    topics.iter().any(|it| it.id == topic && it.closed)
}

/// Lets the time of every sleeper pass until the event. Requests are not limited by this clock.
async fn pass_time<T>(clock: &SimClock, event: impl Future<Output = T>) -> T {
    const LONGEST: Duration = Duration::from_secs(45);
    let mut event = std::pin::pin!(event);
    loop {
        // Woken tasks get their turn before more time passes.
        for _ in 0..50 {
            tokio::task::yield_now().await;
        }
        tokio::select! {
            biased;
            happened = &mut event => return happened,
            _ = clock.pass_pause(LONGEST) => {}
        }
    }
}

#[tokio::test]
async fn s40_the_progress_and_the_reply_want_one_topic_at_once() {
    let (agent, mut script) = scripted();
    let bot = bot_with_topics(agent).await;
    let held = Held::default();
    let fault = Fault::Hold(held.clone());
    bot.telegram.fail_next("createForumTopic", 1, fault);
    bot.say("one");
    let turn = script.next_turn().await;
    // The progress of the turn creates the topic, and the reply wants the topic meanwhile.
    bot.telegram.until_asked("createForumTopic", 1).await;
    turn.reply("1");
    held.release();
    let said = bot.said(1).await;
    bot.until_settled().await;
    assert!(said[0].topic.is_some());
    assert_eq!(bot.telegram.topics(bot.group).len(), 1);
    assert_eq!(
        bot.telegram.until_asked("createForumTopic", 1).await.len(),
        1
    );
}

#[tokio::test]
async fn s41_the_end_of_a_tool_before_its_start_is_shown_once_and_in_order() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "work");
    let turn = script.next_turn().await;
    let activity = |id: &str, state| Activity {
        id: id.to_owned(),
        title: format!("Tool {id}"),
        detail: String::new(),
        state,
        within: None,
    };
    turn.show(activity("one", ActivityState::Done)).await;
    turn.show(activity("two", ActivityState::Running)).await;
    let shows_both = |message: &Message| {
        let text = &message.text;
        let places = (text.find("Tool one"), text.find("Tool two"));
        matches!(places, (Some(one), Some(two)) if one < two)
            && text.matches("Tool one").count() == 1
    };
    let shown = bot.telegram.until_said(bot.group, shows_both).await;
    assert_eq!(shown.topic, Some(topic));
    turn.reply("done");
    answer_of(&bot, bot.group, "done").await;
}

#[tokio::test]
async fn s42_ten_answers_while_the_topic_is_created_again_arrive_in_order() {
    let (agent, mut script) = scripted();
    let bot = bot_with_topics(agent).await;
    bot.say("start");
    script.next_turn().await.reply("0");
    let first = bot.said(1).await[0].topic.unwrap();
    bot.telegram.until_topic(bot.group, "start").await;
    let numbers: Vec<String> = (1..=10).map(|number| number.to_string()).collect();
    for number in &numbers {
        bot.telegram.say_in(bot.group, first, bot.ann, number);
    }
    let mut turn = script.next_turn().await;
    bot.telegram.until_acknowledged().await;
    bot.telegram.delete_topic(bot.group, first);
    let held = Held::default();
    let fault = Fault::Hold(held.clone());
    bot.telegram.fail_next("createForumTopic", 1, fault);
    for number in &numbers {
        assert_eq!(turn.texts(), [number.as_str()]);
        turn.reply(number.as_str());
        if number == "1" {
            bot.telegram.until_asked("createForumTopic", 2).await;
        }
        if number == "10" {
            break;
        }
        turn = script.next_turn().await;
    }
    held.release();
    let said = bot.said(10).await;
    let second = bot.telegram.until_topic(bot.group, "start").await;
    assert_eq!(texts(&said), numbers);
    assert!(said.iter().all(|it| it.topic == Some(second)), "{said:?}");
    assert_eq!(bot.telegram.topics(bot.group).len(), 1);
}

#[tokio::test]
async fn s43_a_limit_and_a_failure_of_the_creation_end_in_one_topic_with_one_card() {
    let (agent, mut script) = scripted();
    let bot = bot_with_topics(agent).await;
    for fault in [Fault::Limited(1), Fault::Status(502)] {
        bot.telegram.fail_next("createForumTopic", 1, fault);
    }
    bot.say("one");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let has_buttons = |message: &Message| !message.buttons().is_empty();
    let card = bot.telegram.until_said(bot.group, has_buttons).await;
    assert!(card.topic.is_some());
    let press = bot
        .telegram
        .press_label(bot.group, card.id, bot.ann, "Allow");
    bot.telegram.until_answered(&press).await;
    decided.await.unwrap();
    turn.reply("done");
    let done = answer_of(&bot, bot.group, "done").await;
    assert_eq!(done.topic, card.topic);
    assert_eq!(bot.telegram.topics(bot.group).len(), 1);
    let ours = bot.telegram.bot_messages(bot.group);
    let cards = ours.iter().filter(|it| it.text.contains("Run ls"));
    assert_eq!(cards.count(), 1, "{ours:?}");
    assert_eq!(
        bot.telegram.until_asked("createForumTopic", 3).await.len(),
        3
    );
}

/// Creates a topic with each of these names, and Ann writes the name there. Returns the turns.
async fn begin_turn_in_each_topic(
    bot: &Bot,
    script: &mut Script,
    names: &[&str],
) -> Vec<ScriptedTurn> {
    let mut turns = Vec::new();
    for name in names {
        let topic = bot.telegram.create_topic(bot.group, bot.ann, name);
        bot.telegram.say_in(bot.group, topic, bot.ann, name);
        turns.push(script.next_turn().await);
    }
    turns
}

/// Each turn answers with its message. Waits for the answers.
async fn until_all_answered(bot: &Bot, clock: &SimClock, turns: Vec<ScriptedTurn>) {
    let names = turns.into_iter().map(|turn| {
        let text = turn.texts()[0].to_owned();
        turn.reply(text.clone());
        text
    });
    let names: Vec<_> = names.collect();
    let said = pass_time(clock, async {
        for name in &names {
            answer_of(bot, bot.group, name).await;
        }
    });
    within("all answers arrive", said).await;
}

#[tokio::test]
async fn s45_after_a_limit_everything_arrives_and_nobody_asks_before_its_end() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    let names = ["one", "two", "three", "four", "five", "six"];
    let turns = begin_turn_in_each_topic(&bot, &mut script, &names).await;
    bot.telegram.count_budget();
    bot.telegram.fail_next("sendMessage", 1, Fault::Limited(40));
    until_all_answered(&bot, &clock, turns).await;
    let asked = bot.telegram.asked();
    let limited = asked.iter().filter(|it| it.status == 429);
    assert_eq!(limited.count(), 1, "the planted refusal alone");
}

#[tokio::test]
async fn s46_replies_do_not_wait_for_two_hundred_tool_events() {
    let (agent, mut script) = scripted();
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), agent).await;
    bot.start().await;
    bot.telegram.count_budget();
    let names = ["one", "two", "three", "four", "five"];
    let turns = begin_turn_in_each_topic(&bot, &mut script, &names).await;
    for number in 0..40 {
        for turn in &turns {
            let activity = Activity {
                id: number.to_string(),
                title: format!("Tool {number}"),
                detail: String::new(),
                state: ActivityState::Done,
                within: None,
            };
            turn.show(activity).await;
        }
        clock.advance(Duration::from_secs(1));
    }
    until_all_answered(&bot, &clock, turns).await;
    let asked = bot.telegram.asked();
    let progress = asked
        .iter()
        .filter(|it| it.method == "editMessageText" || it.method == "sendMessage");
    assert!(progress.count() < 100, "several tools share an edit");
}

#[tokio::test]
async fn s47_a_topic_that_a_person_closed_is_opened_for_the_reply() {
    let (agent, mut script) = scripted();
    let bot = bot_with_topics(agent).await;
    let of_people = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.say("start");
    script.next_turn().await.reply("0");
    let ours = bot.said(1).await[0].topic.unwrap();
    for topic in [ours, of_people] {
        let text = format!("in {topic}");
        bot.telegram.say_in(bot.group, topic, bot.ann, &text);
        let turn = script.next_turn().await;
        bot.telegram.close_topic(bot.group, bot.ann, topic);
        turn.reply(text.as_str());
        let said = answer_of(&bot, bot.group, &text).await;
        assert_eq!(said.topic, Some(topic));
        assert!(!is_closed(&bot, topic));
    }
}

#[tokio::test]
async fn s47_a_closed_topic_whose_message_was_deleted_gets_the_reply_without_the_quote() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    let one = bot.telegram.say_in(bot.group, topic, bot.ann, "one");
    let turn = script.next_turn().await;
    bot.telegram.delete(bot.group, one);
    bot.telegram.close_topic(bot.group, bot.ann, topic);
    turn.reply("1");
    let said = bot.said(1).await;
    assert_eq!((said[0].text.as_str(), said[0].topic), ("1", Some(topic)));
    assert_eq!(said[0].reply_to, None);
}

#[tokio::test]
async fn s47_a_deleted_topic_of_baton_is_created_again_with_its_name() {
    let (agent, mut script) = scripted();
    let bot = bot_with_topics(agent).await;
    bot.say("fix the roof");
    script.next_turn().await.reply("0");
    let first = bot.said(1).await[0].topic.unwrap();
    bot.telegram.until_topic(bot.group, "fix the roof").await;
    bot.telegram
        .rename_topic(bot.group, bot.ann, first, "The roof");
    bot.telegram.say_in(bot.group, first, bot.ann, "and now?");
    let turn = script.next_turn().await;
    bot.telegram.delete_topic(bot.group, first);
    turn.reply("almost");
    let said = answer_of(&bot, bot.group, "almost").await;
    let second = bot.telegram.until_topic(bot.group, "The roof").await;
    assert_eq!(said.topic, Some(second));
    bot.telegram.say_in(bot.group, second, bot.ann, "again");
    script.next_turn().await.reply("done");
    let said = answer_of(&bot, bot.group, "done").await;
    assert_eq!(said.topic, Some(second));
    assert_eq!(bot.telegram.topics(bot.group).len(), 1);
}

#[tokio::test]
async fn s47_a_deleted_topic_of_people_has_a_dead_reply_and_others_go_on() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "one");
    let turn = script.next_turn().await;
    bot.telegram.delete_topic(bot.group, topic);
    turn.reply("1");
    let reason = bot.until_dead().await.reason.unwrap_or_default();
    assert!(reason.contains("the topic was deleted"), "{reason}");
    bot.say("two");
    script.next_turn().await.reply("2");
    assert_eq!(texts(&bot.said(1).await), ["2"]);
}

#[tokio::test]
async fn a_reply_for_a_closed_general_is_dead_with_a_reason_that_names_it() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.say("one");
    let turn = script.next_turn().await;
    bot.telegram.set_general_closed(bot.group, true);
    turn.reply("1");
    let reason = bot.until_dead().await.reason.unwrap_or_default();
    assert!(reason.contains("General"), "{reason}");
}

#[tokio::test]
async fn a_closed_topic_without_the_right_to_open_it_has_a_dead_reply() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.telegram.say_in(bot.group, topic, bot.ann, "one");
    let turn = script.next_turn().await;
    bot.telegram.close_topic(bot.group, bot.ann, topic);
    bot.telegram.demote_bot(bot.group);
    turn.reply("1");
    let reason = bot.until_dead().await.reason.unwrap_or_default();
    assert!(reason.contains("Manage Topics"), "{reason}");
}

#[tokio::test]
async fn s48_a_topic_stays_open_after_a_turn_and_an_answer_opens_a_closed_one() {
    let bot = bot_with_topics(echo_agent()).await;
    let topic = begin_topic(&bot, "one").await;
    bot.until_settled().await;
    assert!(!is_closed(&bot, topic));
    bot.telegram.close_topic(bot.group, bot.ann, topic);
    // Administrators can write in a closed topic.
    bot.telegram.say_in(bot.group, topic, bot.ann, "two");
    let said = answer_of(&bot, bot.group, "two").await;
    assert_eq!(said.topic, Some(topic));
    assert!(!is_closed(&bot, topic));
    let asked = bot.telegram.asked();
    assert!(asked.iter().all(|it| it.method != "closeForumTopic"));
}

#[tokio::test]
async fn a_lost_creation_is_tried_again_after_a_short_poll() {
    let bot = bot_with_topics(echo_agent()).await;
    // The request does not reach the server, and Baton cannot know this.
    bot.telegram.fail_next("createForumTopic", 1, Fault::Cut);
    let topic = begin_topic(&bot, "one").await;
    assert_eq!(bot.telegram.topics(bot.group).len(), 1);
    assert_eq!(bot.telegram.topics(bot.group)[0].id, topic);
    let polls = bot.telegram.until_asked("getUpdates", 1).await;
    let is_short = |poll: &Value| {
        poll["timeout"]
            .as_i64()
            .is_some_and(|it| (1..=5).contains(&it))
    };
    assert!(polls.iter().any(|poll| is_short(&poll.body)));
}
