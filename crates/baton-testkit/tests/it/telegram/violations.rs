//! Deliberate violations of the description: the fake refuses each, and remembers each.

use super::{Bot, Duration, Fault, Held, Telegram, Value, json, with_clock, within};
use baton_testkit::telegram::CountedLimits;

/// A keyboard of one button with callback data of this many bytes.
fn keyboard(bytes: usize) -> Value {
    json!({"inline_keyboard": [[{"text": "a", "callback_data": "x".repeat(bytes)}]]})
}

/// Wrong requests: method, parameters besides the chat, and the error.
fn wrong_requests() -> Vec<(&'static str, Value, &'static str)> {
    let long = |units: usize| "x".repeat(units);
    vec![
        ("sendMessage", json!({}), "text is missing"),
        (
            "sendMessage",
            json!({"text": "x", "color": 1}),
            "color is not a known parameter",
        ),
        ("sendMessage", json!({"text": ["x"]}), "text is not String"),
        (
            "sendMessage",
            json!({"text": "x", "message_thread_id": "seven"}),
            "message_thread_id is not",
        ),
        (
            "sendMessage",
            json!({"text": "x", "disable_notification": 1}),
            "disable_notification is not",
        ),
        (
            "sendMessage",
            json!({"text": "x", "entities": [{"type": "bold", "offset": 0}]}),
            "length is missing",
        ),
        (
            "sendMessage",
            json!({"text": "x", "reply_parameters": {"message_id": 1, "top": true}}),
            "top is not a known",
        ),
        (
            "sendMessage",
            json!({"text": long(4_097)}),
            "message is too long",
        ),
        (
            "sendMessage",
            json!({"text": "\u{1f980}".repeat(2_049)}),
            "message is too long",
        ),
        (
            "sendMessage",
            json!({"text": "x", "reply_markup": keyboard(69)}),
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            json!({"text": "x", "reply_markup": keyboard(0)}),
            "BUTTON_DATA_INVALID",
        ),
        (
            "sendMessage",
            json!({"text": "x", "message_thread_id": 1}),
            "message thread not found",
        ),
        (
            "sendChatAction",
            json!({"action": "typing", "until": 5}),
            "until is not a known parameter",
        ),
        (
            "editMessageText",
            json!({"message_id": "x", "text": "y"}),
            "message_id is not",
        ),
        (
            "editMessageText",
            json!({"message_id": 1, "text": long(4_097)}),
            "message is too long",
        ),
        (
            "editMessageText",
            json!({"message_id": 1, "text": "x", "reply_markup": keyboard(69)}),
            "BUTTON_DATA_INVALID",
        ),
        ("deleteMessage", json!({}), "message_id is missing"),
        ("createForumTopic", json!({}), "name is missing"),
        (
            "createForumTopic",
            json!({"name": long(129)}),
            "TOPIC_TITLE_INVALID",
        ),
        (
            "editForumTopic",
            json!({"name": "x"}),
            "message_thread_id is missing",
        ),
        (
            "setMessageReaction",
            json!({"message_id": 1, "reaction": "x"}),
            "reaction is not",
        ),
        (
            "sendDocument",
            json!({"document": "attach://none"}),
            "document",
        ),
    ]
}

#[tokio::test]
async fn each_deliberate_violation_is_refused_and_remembered() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let forum = telegram.forum("Makers", &[ann]);
    let before = telegram.messages(forum).len();
    let mut wrong = Vec::new();
    for (method, mut body, error) in wrong_requests() {
        body["chat_id"] = json!(forum);
        let answer = bot.ask(method, body.clone()).await;
        let description = answer["description"].as_str().unwrap_or_default();
        let violations = telegram.take_violations();
        let is_caught = violations.len() == 1 && violations[0].asked == method;
        if answer["ok"] != json!(false) || !description.contains(error) || !is_caught {
            wrong.push((method, body, answer, violations));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    for (method, body) in [
        ("getUpdates", json!({"limit": "many"})),
        ("getUpdates", json!({"allowed_updates": [5]})),
        ("getFile", json!({})),
        ("answerCallbackQuery", json!({"callback_query_id": 7})),
        ("setMyCommands", json!({"commands": [{"command": "a"}]})),
    ] {
        bot.refused(method, body.clone()).await;
        assert_eq!(telegram.take_violations().len(), 1, "{method} {body}");
    }
    assert_eq!(telegram.messages(forum).len(), before);
    telegram.finish();
}

#[tokio::test]
async fn a_violation_counts_even_if_a_fault_hides_it() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    telegram.fail_next("sendMessage", 1, Fault::Limited(1));
    let answer = bot.ask("sendMessage", json!({"text": "x"})).await;
    assert_eq!(answer["error_code"], 429);
    assert_eq!(telegram.take_violations().len(), 1);
    telegram.finish();
}

#[tokio::test]
async fn callback_data_of_64_bytes_and_texts_of_4096_units_are_sent() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    for text in ["x".repeat(4_096), "\u{1f980}".repeat(2_048)] {
        let body = json!({"chat_id": chat, "text": text, "reply_markup": keyboard(64)});
        bot.done("sendMessage", body).await;
    }
    telegram.finish();
}

#[tokio::test]
async fn a_late_request_arrives_although_the_bot_has_hung_up() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let forum = telegram.forum("Makers", &[ann]);
    let held = Held::default();
    telegram.fail_next("createForumTopic", 1, Fault::Late(held.clone()));
    let asking = tokio::spawn(async move {
        let body = json!({"chat_id": forum, "name": "Late"});
        bot.try_ask("createForumTopic", body).await
    });
    telegram.until_asked("createForumTopic", 1).await;
    assert!(telegram.topics(forum).is_empty(), "it is on its way");
    asking.abort();
    assert!(within("the bot hangs up", asking).await.is_err());
    held.release();
    telegram.until_topic(forum, "Late").await;
    telegram.finish();
}

#[tokio::test]
async fn the_counted_limits_can_be_larger() {
    let (telegram, clock) = with_clock().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let group = telegram.supergroup("Makers", &[ann]);
    telegram.count_budget_of(CountedLimits::times(2));
    let body = json!({"chat_id": group, "text": "x"});
    for _ in 0..40 {
        clock.advance(Duration::from_millis(100));
        bot.done("sendMessage", body.clone()).await;
    }
    let refused = bot.ask("sendMessage", body).await;
    assert_eq!(refused["parameters"]["retry_after"], json!(57));
    assert_eq!(
        (telegram.refusals(), telegram.refusals_after_first()),
        (1, 0)
    );
    telegram.finish();
}
