//! Tests of the fake Bot API server, with a plain HTTP client as the bot.

use std::sync::{Arc, Once};
use std::time::Duration;

use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::telegram::{Fault, Held, Telegram};
use serde_json::{Value, json};

mod faults;
mod places;
mod size_limits;
mod updates;
mod violations;
mod webhooks;
mod with_telegram_clients;

/// A client of the fake.
#[derive(Clone)]
struct Bot {
    client: reqwest::Client,
    base: String,
}

impl Bot {
    fn new(telegram: &Telegram) -> Self {
        static CHOSEN: Once = Once::new();
        CHOSEN.call_once(|| {
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let base = format!("{}/bot{}", telegram.url(), telegram.token());
        let client = reqwest::Client::new();
        Self { client, base }
    }

    /// Asks a method, and returns the whole answer.
    async fn ask(&self, method: &str, body: Value) -> Value {
        let asked = self.try_ask(method, body).await;
        asked.expect("the fake answers")
    }

    async fn try_ask(&self, method: &str, body: Value) -> Result<Value, reqwest::Error> {
        let url = format!("{}/{method}", self.base);
        self.client.post(url).json(&body).send().await?.json().await
    }

    /// Asks a method, and returns the result.
    async fn done(&self, method: &str, body: Value) -> Value {
        let answer = self.ask(method, body).await;
        assert_eq!(answer["ok"], json!(true), "{method}: {answer}");
        answer["result"].clone()
    }

    /// Asks a method that fails, and returns the description of the error.
    async fn refused(&self, method: &str, body: Value) -> String {
        let answer = self.ask(method, body).await;
        assert_eq!(answer["ok"], json!(false), "{method}: {answer}");
        answer["description"].as_str().unwrap().to_owned()
    }
}

#[tokio::test]
async fn wrong_requests_are_violations() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let keyboard = json!({"inline_keyboard": [[{"text": "a", "callback_data": "x".repeat(65)}]]});
    for (body, answer) in [
        (json!({"chat_id": chat}), "text is missing"),
        (
            json!({"chat_id": chat, "text": "x", "colour": 1}),
            "colour is not a known parameter",
        ),
        (json!({"chat_id": chat, "text": 1}), "text is not String: 1"),
        (
            json!({"chat_id": chat, "text": "x".repeat(4097)}),
            "message is too long",
        ),
        (
            json!({"chat_id": chat, "text": "\u{200b}"}),
            "text must be non-empty",
        ),
        (
            json!({"chat_id": chat, "text": "x", "reply_markup": keyboard}),
            "BUTTON_DATA_INVALID",
        ),
    ] {
        assert_eq!(
            bot.refused("sendMessage", body).await,
            format!("Bad Request: {answer}")
        );
        assert_eq!(telegram.take_violations().len(), 1, "{answer}");
    }
    assert_eq!(
        bot.refused("sendEverything", json!({})).await,
        "Not Found: method not found"
    );
    assert_eq!(telegram.take_violations().len(), 1);
    assert!(telegram.messages(chat).is_empty());
    telegram.finish();
}

#[tokio::test]
#[should_panic(expected = "Telegram would not have taken")]
async fn a_forgotten_violation_fails_the_test() {
    let telegram = Telegram::start().await;
    Bot::new(&telegram)
        .ask("sendMessage", json!({"text": "x"}))
        .await;
}

#[tokio::test]
async fn each_form_of_a_request_is_read() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    let keyboard =
        json!({"inline_keyboard": [[{"text": "Yes", "callback_data": "y"}]]}).to_string();
    let encoded = keyboard.bytes().map(|byte| format!("%{byte:02X}"));
    let keyboard: Vec<_> = encoded.collect();
    let keyboard = keyboard.concat();
    let parameters = format!("chat_id={chat}&text=5&reply_markup={keyboard}");
    let url = format!("{}/sendMessage", bot.base);
    let answer: Value = bot
        .client
        .get(format!("{url}?{parameters}"))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        answer["result"]["reply_markup"]["inline_keyboard"][0][0]["text"],
        json!("Yes"),
        "{answer}"
    );
    let form = bot
        .client
        .post(&url)
        .header("content-type", "application/x-www-form-urlencoded")
        .body(parameters);
    let answer: Value = form.send().await.unwrap().json().await.unwrap();
    assert_eq!(answer["result"]["text"], json!("5"), "{answer}");

    let part =
        |name: &str| reqwest::multipart::Part::bytes(b"abc".to_vec()).file_name(name.to_owned());
    let form = reqwest::multipart::Form::new()
        .text("chat_id", chat.to_string())
        .part("document", part("a.txt"));
    let url = format!("{}/sendDocument", bot.base);
    let answer: Value = bot
        .client
        .post(url)
        .multipart(form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(
        answer["result"]["document"]["file_name"],
        json!("a.txt"),
        "{answer}"
    );
    let media = json!([{"type": "photo", "media": "attach://one", "caption": "1"}, {"type": "photo", "media": "attach://two"}]);
    let form = reqwest::multipart::Form::new()
        .text("chat_id", chat.to_string())
        .text("media", media.to_string())
        .part("one", part("1.jpg"))
        .part("two", part("2.jpg"));
    let url = format!("{}/sendMediaGroup", bot.base);
    let answer: Value = bot
        .client
        .post(url)
        .multipart(form)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let messages = answer["result"].as_array().unwrap();
    assert_eq!(messages.len(), 2);
    assert_eq!(messages[0]["media_group_id"], messages[1]["media_group_id"]);
    telegram.finish();
}

#[tokio::test]
async fn files_can_be_downloaded_up_to_the_limit() {
    let telegram = Telegram::start().await;
    let bot = Bot::new(&telegram);
    let ann = telegram.person("Ann");
    let chat = telegram.private(ann);
    telegram
        .saying(chat, ann)
        .text("look")
        .document("a.txt", "text/plain", "hello")
        .send();
    telegram
        .saying(chat, ann)
        .document("b.iso", "application/x-iso", "hello")
        .claimed_size(21 << 20)
        .send();
    telegram.saying(chat, ann).voice("OggS").send();
    telegram.saying(chat, ann).photo("jpeg").album("7").send();
    telegram.saying(chat, ann).sticker().send();
    telegram
        .saying(chat, ann)
        .poll("Which?", &["a", "b"])
        .send();
    let updates = bot.done("getUpdates", json!({})).await;
    let document = &updates[0]["message"];
    assert_eq!(document["caption"], json!("look"));
    assert_eq!(updates[3]["message"]["media_group_id"], json!("7"));
    let file = bot
        .done(
            "getFile",
            json!({"file_id": document["document"]["file_id"]}),
        )
        .await;
    let path = file["file_path"].as_str().unwrap();
    let url = format!("{}/file/bot{}/{path}", telegram.url(), telegram.token());
    let bytes = bot
        .client
        .get(url)
        .send()
        .await
        .unwrap()
        .bytes()
        .await
        .unwrap();
    assert_eq!(&bytes[..], b"hello");
    let large = json!({"file_id": updates[1]["message"]["document"]["file_id"]});
    assert_eq!(
        bot.refused("getFile", large).await,
        "Bad Request: file is too big"
    );
    telegram.finish();
}

/// A fake with a simulated clock.
async fn with_clock() -> (Telegram, Arc<SimClock>) {
    let clock = SimClock::shared();
    (Telegram::start_with(clock.clone()).await, clock)
}
