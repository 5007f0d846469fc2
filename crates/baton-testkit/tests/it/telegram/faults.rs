//! Planted faults and counted limits.

use super::{Bot, Duration, Fault, Held, Telegram, Value, json, with_clock, within};

#[tokio::test]
async fn planted_faults_have_their_form() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let url = format!("{}/sendMessage", bot.base);
    let body = json!({"chat_id": chat, "text": "x"});
    telegram.fail_next("sendMessage", 1, Fault::Limited(7));
    let answer = bot.client.post(&url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "7");
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["parameters"]["retry_after"], json!(7));
    telegram.fail_next("*", 1, Fault::Status(502));
    let answer = bot.client.post(&url).json(&body).send().await.unwrap();
    assert_eq!(answer.status(), 502);
    assert!(answer.text().await.unwrap().starts_with("<html>"));
    telegram.fail(
        "sendMessage",
        Fault::Error(500, "Internal Server Error: restart", Value::Null),
    );
    assert_eq!(
        bot.refused("sendMessage", body.clone()).await,
        "Internal Server Error: restart"
    );
    telegram.recover();
    telegram.fail_next("sendMessage", 1, Fault::Cut);
    assert!(bot.try_ask("sendMessage", body).await.is_err());
    assert!(telegram.messages(chat).is_empty());
    telegram.finish();
}

#[tokio::test]
async fn a_lost_answer_has_done_its_work() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let forum = telegram.forum("Makers", &[ann]);
    telegram.fail_next("createForumTopic", 1, Fault::LoseAnswer);
    let body = json!({"chat_id": forum, "name": "Baton 7"});
    assert!(bot.try_ask("createForumTopic", body).await.is_err());
    let topic = telegram.until_topic(forum, "Baton 7").await;
    // The bot is told about its own topic, so the topic can be found again.
    let updates = bot.done("getUpdates", json!({})).await;
    let message = &updates[0]["message"];
    assert_eq!(message["forum_topic_created"]["name"], json!("Baton 7"));
    assert_eq!(
        (&message["message_thread_id"], &message["from"]["id"]),
        (&json!(topic), &json!(telegram.bot()))
    );
    telegram.finish();
}

#[tokio::test]
async fn a_held_answer_waits() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let held = Held::default();
    telegram.fail_next("sendMessage", 1, Fault::Hold(held.clone()));
    let asking = tokio::spawn(async move {
        bot.done("sendMessage", json!({"chat_id": chat, "text": "x"}))
            .await
    });
    telegram.until_bot_said(chat, 1).await;
    assert!(!asking.is_finished());
    held.release();
    within("the answer comes", asking).await.unwrap();
    telegram.finish();
}

#[tokio::test]
async fn after_a_limit_the_bot_waits_in_all_chats() {
    let (telegram, clock) = with_clock().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let group = telegram.supergroup("Makers", &[ann]);
    let body = |chat: i64| json!({"chat_id": chat, "text": "x"});
    let retry_after = async |chat: i64| {
        let answer = bot.ask("sendMessage", body(chat)).await;
        answer["parameters"]["retry_after"].as_u64()
    };
    telegram.count_budget();
    assert_eq!(retry_after(chat).await, None);
    assert_eq!(retry_after(chat).await, Some(1));
    assert_eq!(retry_after(group).await, Some(1), "on its way");
    assert_eq!(telegram.refusals_after_first(), 0);
    clock.advance(Duration::from_millis(600));
    assert_eq!(retry_after(group).await, Some(2), "too early");
    // A press has no limit.
    let press = telegram.press(group, 1, ann, "yes");
    let answer = json!({"callback_query_id": press});
    bot.done("answerCallbackQuery", answer).await;
    clock.advance(Duration::from_secs(3));
    telegram.fail_next("sendMessage", 1, Fault::Limited(40));
    assert_eq!(retry_after(chat).await, Some(40));
    assert_eq!(retry_after(group).await, Some(40), "on its way");
    assert_eq!(telegram.refusals_after_first(), 1);
    clock.advance(Duration::from_secs(39));
    assert_eq!(retry_after(group).await, Some(80), "too early");
    assert_eq!(telegram.refusals_after_first(), 2);
    clock.advance(Duration::from_secs(80));
    assert_eq!(retry_after(group).await, None);
    telegram.finish();
}

#[tokio::test]
async fn the_budget_of_a_group_is_shared_by_sends_edits_and_topics() {
    let (telegram, clock) = with_clock().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let forum = telegram.forum("Makers", &[ann]);
    telegram.count_budget();
    bot.done("createForumTopic", json!({"chat_id": forum, "name": "One"}))
        .await;
    let sent = bot
        .done("sendMessage", json!({"chat_id": forum, "text": "0"}))
        .await;
    for number in 1..19 {
        clock.advance(Duration::from_millis(100));
        let body =
            json!({"chat_id": forum, "message_id": sent["message_id"], "text": number.to_string()});
        bot.done("editMessageText", body).await;
    }
    let body = json!({"chat_id": forum, "text": "x"});
    let first = bot.ask("sendMessage", body.clone()).await;
    let wait = first["parameters"]["retry_after"].as_u64().unwrap();
    let second = bot.ask("sendMessage", body.clone()).await;
    assert!(
        second["parameters"]["retry_after"].as_u64().unwrap() > wait,
        "{second}"
    );
    assert_eq!(
        (telegram.refusals(), telegram.refusals_after_first()),
        (2, 1)
    );
    clock.advance(Duration::from_mins(10));
    bot.done("sendMessage", body).await;
    telegram.finish();
}
