//! Updates: the long poll, its offsets and its conflicts, and the webhook.

use std::sync::{Arc, Mutex};

use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use baton_core::clock::Clock as _;

use super::{Bot, Duration, Telegram, Value, json, with_clock, within};

#[tokio::test]
async fn a_long_poll_wakes_for_a_message_and_ends_with_its_time() {
    let (telegram, clock) = with_clock().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let poll = |offset: i64| {
        let bot = bot.clone();
        tokio::spawn(async move {
            bot.done("getUpdates", json!({"offset": offset, "timeout": 60}))
                .await
        })
    };
    let polling = poll(0);
    telegram.until_polling().await;
    telegram.say(chat, ann, "/start now");
    let updates = within("the poll wakes", polling).await.unwrap();
    let first = updates[0]["update_id"].as_i64().unwrap();
    assert_eq!(
        updates[0]["message"]["entities"][0]["type"],
        json!("bot_command")
    );
    let polling = poll(first + 1);
    clock.someone_sleeps(Duration::from_secs(50)).await;
    telegram.until_acknowledged().await;
    clock.advance(Duration::from_secs(50));
    assert_eq!(within("the poll ends", polling).await.unwrap(), json!([]));
    assert!(clock.steady().0 > 0);
    telegram.finish();
}

#[tokio::test]
async fn offsets_acknowledge_and_ids_can_begin_anew() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    for number in 0..3 {
        telegram.say(chat, ann, &number.to_string());
    }
    let texts = |updates: &Value| -> Vec<String> {
        let updates = updates.as_array().unwrap().iter();
        updates
            .map(|update| update["message"]["text"].as_str().unwrap().to_owned())
            .collect()
    };
    let updates = bot.done("getUpdates", json!({"limit": 2})).await;
    assert_eq!(texts(&updates), ["0", "1"]);
    let last = updates[1]["update_id"].as_i64().unwrap();
    let updates = bot.done("getUpdates", json!({"offset": last})).await;
    assert_eq!(texts(&updates), ["1", "2"]);
    assert_eq!(
        texts(&bot.done("getUpdates", json!({"offset": -1})).await),
        ["2"]
    );
    telegram.restart_update_ids(1000);
    // An offset far beyond the newest id acknowledges nothing.
    assert_eq!(
        texts(&bot.done("getUpdates", json!({"offset": last + 5})).await),
        ["2"]
    );
    assert_eq!(
        bot.done("getUpdates", json!({"offset": 1001})).await,
        json!([])
    );
    telegram.send_update(json!({"message": "unreadable"}));
    let updates = bot.done("getUpdates", json!({})).await;
    assert_eq!(
        updates[0],
        json!({"update_id": 1001, "message": "unreadable"})
    );
    telegram.finish();
}

#[tokio::test]
async fn unwanted_updates_stay_away() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let message = telegram.say(chat, ann, "x");
    telegram.react(chat, message, ann, "👍");
    let wanted = json!({"allowed_updates": ["message_reaction"]});
    let updates = bot.done("getUpdates", wanted).await;
    assert_eq!(
        updates.as_array().unwrap().len(),
        1,
        "a reaction comes only when named"
    );
    telegram.edit(chat, message, "y");
    telegram.react(chat, message, ann, "👎");
    let updates = bot
        .done(
            "getUpdates",
            json!({"offset": updates[0]["update_id"].as_i64().unwrap() + 1}),
        )
        .await;
    assert_eq!(updates.as_array().unwrap().len(), 1);
    assert_eq!(
        updates[0]["message_reaction"]["new_reaction"][0]["emoji"],
        json!("👎")
    );
    telegram.finish();
}

#[tokio::test]
async fn one_poller_only_and_none_beside_a_webhook() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let first = bot.clone();
    let polling =
        tokio::spawn(async move { first.ask("getUpdates", json!({"timeout": 50})).await });
    telegram.until_polling().await;
    let second = bot.clone();
    let newer = tokio::spawn(async move { second.ask("getUpdates", json!({"timeout": 50})).await });
    let answer = within("the older poll ends", polling).await.unwrap();
    assert_eq!(answer["error_code"], json!(409), "{answer}");
    bot.done("setWebhook", json!({"url": "https://example.org/x"}))
        .await;
    let answer = within("the newer poll ends", newer).await.unwrap();
    assert_eq!(answer["error_code"], json!(409), "{answer}");
    let told = bot.refused("getUpdates", json!({})).await;
    assert!(told.contains("while webhook is active"), "{told}");
    assert_eq!(
        bot.done("getWebhookInfo", json!({})).await["url"],
        json!("https://example.org/x")
    );
    bot.done("deleteWebhook", json!({})).await;
    telegram.set_other_poller(true);
    assert!(
        bot.refused("getUpdates", json!({}))
            .await
            .contains("terminated by other getUpdates")
    );
    telegram.finish();
}

#[tokio::test]
async fn a_webhook_gets_each_update_until_it_answers_well() {
    let (telegram, clock) = with_clock().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let got: Arc<Mutex<Vec<String>>> = Arc::default();
    let (seen, mut news) = tokio::sync::mpsc::unbounded_channel();
    let router = axum::Router::new().route(
        "/hook",
        post({
            let got = got.clone();
            async move |headers: HeaderMap, axum::Json(update): axum::Json<Value>| {
                assert_eq!(headers["x-telegram-bot-api-secret-token"], "s3cret");
                let mut got = got.lock().unwrap();
                got.push(update["message"]["text"].as_str().unwrap().to_owned());
                seen.send(()).unwrap();
                if got.len() <= 2 {
                    StatusCode::BAD_GATEWAY
                } else {
                    StatusCode::OK
                }
            }
        }),
    );
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/hook", listener.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(listener, router).await });
    bot.done("setWebhook", json!({"url": url, "secret_token": "s3cret"}))
        .await;
    telegram.say(chat, ann, "x");
    // The second try follows at once, and the third one after a pause.
    within("the first try", news.recv()).await.unwrap();
    within("the second try", news.recv()).await.unwrap();
    clock.someone_sleeps(Duration::from_secs(2)).await;
    let info = bot.done("getWebhookInfo", json!({})).await;
    assert_eq!(info["pending_update_count"], json!(1));
    let told = "Wrong response from the webhook: 502 Bad Gateway";
    assert_eq!(info["last_error_message"], json!(told));
    clock.advance(Duration::from_secs(2));
    within("the third try", news.recv()).await.unwrap();
    telegram.until_acknowledged().await;
    assert_eq!(*got.lock().unwrap(), ["x", "x", "x"]);
    telegram.finish();
}

#[tokio::test]
async fn privacy_mode_hides_ordinary_messages() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    telegram.set_reads_all(false);
    let ann = telegram.person("Ann");
    let group = telegram.supergroup("Makers", &[ann]);
    telegram.say(group, ann, "hidden");
    telegram.say(group, ann, "/new@other_bot hidden");
    telegram.say(group, ann, "/new");
    telegram.say(group, ann, "@baton_bot hello");
    assert_eq!(
        bot.done("getMe", json!({})).await["can_read_all_group_messages"],
        json!(false)
    );
    let updates = bot.done("getUpdates", json!({})).await;
    assert_eq!(updates.as_array().unwrap().len(), 2, "{updates}");
    telegram.finish();
}
