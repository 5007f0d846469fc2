//! Inputs that broke other programs of this kind.
//!
//! | | what happened elsewhere | test |
//! |---|---|---|
//! | 1–4 | events of a session come at once, in the wrong order, or before their topic or terminal is known | no part of a channel; for topics `s40`–`s42` |
//! | 5 | the creation of a topic is limited three times, while 60 sessions write | `s43`, `s45` |
//! | 6 | 200 notices of tools and 5 replies under 20 messages a minute | `s46` |
//! | 7 | a topic is deleted while ten messages for it are unsent | `s47` |
//! | 8 | General is addressed by the thread id 1, which Telegram does not find | [`general_is_addressed_without_a_thread_id`] |
//! | 9 | the topics of a group are off, and a kept thread id leads to the main chat | `s67_topics_that_are_switched_off_are_told_once_and_nothing_is_written_elsewhere` |
//! | 10 | a topic of a private chat is deleted, and the server reports success | [`a_private_topic_that_is_gone_misleads_no_reply_and_no_other_topic`] |
//! | 11 | a text of invisible characters is refused as empty | [`a_reply_that_shows_nothing_holds_up_nobody`] |
//! | 12 | a topic to reopen is open already | [`a_topic_that_somebody_else_reopens_gets_its_reply`] |
//! | 13 | General is closed, and a reply without a thread id is refused | [`a_closed_general_topic_holds_up_no_other_topic`] |
//! | 14 | a group becomes a supergroup at the creation of a topic | [`a_group_that_moves_at_the_creation_of_a_topic_has_one_topic`] |
//! | 15 | a new token, and updates with lower ids than the stored one | [`lower_update_ids_after_a_new_token_are_read`] |
//! | 16 | a second program polls for 90 seconds | [`a_second_poller_for_ninety_seconds_loses_nothing`] |
//! | 17 | a poll hangs for 908 seconds | [`polls_that_hang_for_908_seconds_lose_nothing`] |
//! | 18 | the last edit of a stream is limited | the tests of progress and drafts |
//! | 19 | a text grows past 4,096 units while it is shown | [`a_repeated_reply_of_the_full_length_has_room_for_its_mark`], and the tests of drafts |
//! | 20 | an edit is done, its answer is lost, and the retry is "not modified" | [`an_edit_with_a_lost_answer_is_settled_and_nothing_is_said_twice`] |
//! | 21 | a limited rich message is sent again in a simpler form | `s72_a_refused_rich_message_is_sent_with_entities_and_a_rate_limit_is_no_refusal` |
//! | 22 | the data of a button has 69 bytes | the fake refuses more than 64 bytes in every test |
//! | 23–30 | hooks, terminals and panes | no part of a channel |

use std::time::Duration;

use baton_core::agent::Reply;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::scripted_agent::{answering, scripted};
use baton_testkit::telegram::{Fault, Message};
use serde_json::{Value, json};

use super::bot::{BOB, Bot, echo_agent, place, texts};
use super::waits::{pauses_between, until_answers, while_pauses_pass};
use crate::questions::command_question;

/// An agent that answers with the text of the message.
#[tokio::test]
async fn general_is_addressed_without_a_thread_id() {
    let bot = Bot::started(echo_agent()).await;
    let saying = bot.telegram.saying(bot.group, bot.ann).text("hello");
    let saying = saying.more("message_thread_id", json!(1));
    saying.more("is_topic_message", json!(true)).send();
    let said = bot.said(1).await;
    assert_eq!((said[0].text.as_str(), said[0].topic), ("hello", None));
    for asked in bot.telegram.asked() {
        assert_eq!(asked.body["message_thread_id"], Value::Null, "{asked:?}");
    }
}

#[tokio::test]
async fn a_private_topic_that_is_gone_misleads_no_reply_and_no_other_topic() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    bot.telegram.set_private_topics(true);
    let private = bot.private();
    let [gone, other] =
        ["ships", "trains"].map(|name| bot.telegram.create_topic(private, bot.ann, name));
    bot.telegram.say_in(private, gone, bot.ann, "one");
    let one = script.next_turn().await;
    bot.telegram.say_in(private, other, bot.ann, "two");
    let two = script.next_turn().await;
    bot.telegram.delete_topic(private, gone);
    bot.telegram.set_misroutes_private(true);
    one.reply("a secret of the topic");
    bot.telegram.until_asked("deleteMessage", 1).await;
    two.reply("2");
    let second = |message: &Message| message.text == "2";
    assert_eq!(
        bot.telegram.until_said(private, second).await.topic,
        Some(other)
    );
    bot.until_settled().await;
    let mut said = bot.telegram.bot_messages(private);
    said.retain(|message| message.topic.is_none());
    assert_eq!(texts(&said), [""; 0], "nothing is in the main chat");
}

#[tokio::test]
async fn a_reply_that_shows_nothing_holds_up_nobody() {
    let blanks = [
        " \n\n ",
        "\u{200b}",
        "\u{2060}\n\u{feff} \u{200b}",
        "\u{200e}\u{200f}",
        "**\u{200b}**",
        "> \u{200b}",
        "- \u{200b}",
    ];
    let (agent, _) = answering(move |turn| {
        let number = turn.prompt().parse::<usize>();
        let blank = number.ok().and_then(|number| blanks.get(number));
        Ok(Reply::text(blank.copied().unwrap_or("seen")))
    });
    let bot = Bot::started(agent).await;
    for number in 0..blanks.len() {
        bot.say(&number.to_string());
    }
    bot.say("plain");
    let seen = |message: &Message| message.text == "seen";
    bot.telegram.until_said(bot.group, seen).await;
    let dead = bot.store.dead(10).await.unwrap();
    assert!(dead.is_empty(), "{dead:?}");
}

#[tokio::test]
async fn a_topic_that_somebody_else_reopens_gets_its_reply() {
    let bot = Bot::started(echo_agent()).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    // The topic is open again when Baton asks for it.
    let closed = Fault::Error(400, "Bad Request: TOPIC_CLOSED", Value::Null);
    bot.telegram.fail_next("sendMessage", 1, closed);
    bot.telegram.say_in(bot.group, topic, bot.ann, "hello");
    let said = bot.said(1).await;
    assert_eq!(
        (said[0].text.as_str(), said[0].topic),
        ("hello", Some(topic))
    );
    let reopened = bot.telegram.until_asked("reopenForumTopic", 1).await;
    assert_eq!((reopened.len(), reopened[0].status), (1, 400));
}

#[tokio::test]
async fn a_closed_general_topic_holds_up_no_other_topic() {
    let (agent, mut script) = scripted();
    let bot = Bot::started(agent).await;
    let topic = bot.telegram.create_topic(bot.group, bot.ann, "ships");
    bot.say("one");
    let one = script.next_turn().await;
    bot.telegram.set_general_closed(bot.group, true);
    one.reply("1");
    let dead = bot.until_dead().await;
    assert_eq!(dead.text, "1");
    assert!(dead.reason.is_some());
    bot.telegram.say_in(bot.group, topic, bot.ann, "two");
    script.next_turn().await.reply("2");
    let said = bot.said(1).await;
    assert_eq!((said[0].text.as_str(), said[0].topic), ("2", Some(topic)));
}

#[tokio::test]
async fn a_group_that_moves_at_the_creation_of_a_topic_has_one_topic() {
    let mut bot = Bot::new(echo_agent()).await;
    let group = bot.telegram.group("Friends", &[bot.ann]);
    let mut friends = place(&group.to_string(), BOB);
    friends.answering.thread_per_request = true;
    bot.settings.chat.places.push(friends);
    bot.start().await;
    let supergroup = bot
        .telegram
        .migrate_at(group, bot.ann, "createForumTopic", 1);
    bot.telegram.set_forum(supergroup, true);
    bot.telegram.promote_bot(supergroup, &["can_manage_topics"]);
    bot.telegram.say(group, bot.ann, "one");
    let said = bot.telegram.until_bot_said(supergroup, 1).await;
    assert_eq!(texts(&said), ["one"]);
    let topics = bot.telegram.topics(supergroup);
    assert_eq!(topics.len(), 1, "{topics:?}");
    assert_eq!(said[0].topic, Some(topics[0].id));
}

#[tokio::test]
async fn lower_update_ids_after_a_new_token_are_read() {
    const NEW: &str = "4242000001:AAnew-telegram-token";
    let mut bot = Bot::started(echo_agent()).await;
    bot.say("one");
    bot.said(1).await;
    bot.telegram.until_acknowledged().await;
    bot.until_settled().await;
    bot.kill();
    bot.telegram.set_token(NEW);
    bot.settings.token = NEW.into();
    bot.telegram.restart_update_ids(7);
    bot.say("two");
    bot.start().await;
    bot.say("three");
    assert_eq!(texts(&bot.said(3).await), ["one", "two", "three"]);
}

#[tokio::test]
async fn a_second_poller_for_ninety_seconds_loses_nothing() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.start().await;
    let begin = bot.telegram.asked().len();
    bot.telegram.set_other_poller(true);
    bot.say("one");
    let mut passed = Duration::ZERO;
    while passed < Duration::from_secs(90) {
        let pause = clock.pass_pause(Duration::from_mins(1));
        passed += within("it tries again", pause).await;
    }
    bot.say("two");
    let pauses = pauses_between(&bot, "getUpdates", begin);
    assert!(pauses.iter().all(|pause| *pause >= 3_000), "{pauses:?}");
    bot.telegram.set_other_poller(false);
    let said = while_pauses_pass(&clock, until_answers(&bot, 2));
    assert_eq!(within("it answers", said).await, ["one", "two"]);
}

#[tokio::test]
async fn polls_that_hang_for_908_seconds_lose_nothing() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.start().await;
    bot.telegram.set_polls_hang(true);
    bot.say("one");
    let mut passed = Duration::ZERO;
    while passed < Duration::from_secs(908) {
        let pause = clock.pass_pause(Duration::from_secs(90));
        passed += within("it gives a poll up", pause).await;
    }
    bot.say("two");
    bot.telegram.set_polls_hang(false);
    let said = while_pauses_pass(&clock, until_answers(&bot, 2));
    assert_eq!(within("it answers", said).await, ["one", "two"]);
}

#[tokio::test]
async fn a_repeated_reply_of_the_full_length_has_room_for_its_mark() {
    let reply = "x".repeat(4_096 - 32);
    let text = reply.clone();
    let (agent, _) = answering(move |_| Ok(Reply::text(text.clone())));
    let bot = Bot::started(agent).await;
    bot.telegram.fail_next("sendMessage", 1, Fault::LoseAnswer);
    bot.say("much, please");
    let said = bot.said(2).await;
    assert_eq!(said[0].text, reply);
    assert!(said[1].text.starts_with("↻"), "{}", said[1].text);
    assert!(said[1].text.ends_with(&reply));
}

#[tokio::test]
async fn an_edit_with_a_lost_answer_is_settled_and_nothing_is_said_twice() {
    let (agent, mut script) = scripted();
    let mut bot = Bot::new(agent).await;
    bot.limits.retry.first_pause = Duration::from_millis(20);
    bot.start().await;
    bot.say("do it");
    let turn = script.next_turn().await;
    let decided = turn.ask(command_question("ls"));
    let has_buttons = |message: &Message| !message.buttons().is_empty();
    let card = bot.telegram.until_said(bot.group, has_buttons).await;
    bot.telegram
        .fail_next("editMessageText", 1, Fault::LoseAnswer);
    bot.telegram
        .press_label(bot.group, card.id, bot.ann, "Allow");
    decided.await.unwrap();
    let edits = bot.telegram.until_asked("editMessageText", 2).await;
    assert_eq!(edits[0].body, edits[1].body);
    turn.reply("done");
    bot.telegram
        .until_said(bot.group, |message| message.text == "done")
        .await;
    bot.until_settled().await;
    let said = bot.said(2).await;
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[0].id, card.id);
    assert!(said[0].text.contains("Ann"), "{}", said[0].text);
    let dead = bot.store.dead(10).await.unwrap();
    assert!(dead.is_empty(), "{dead:?}");
}
