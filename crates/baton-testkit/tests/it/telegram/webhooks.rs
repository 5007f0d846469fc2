//! Updates by webhook: the queues of the chats, and the pauses after bad answers.

use std::sync::Arc;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::sync::{mpsc, oneshot};

use super::{Bot, Duration, SimClock, Telegram, Value, json, with_clock, within};

/// A call of the webhook, which waits for its answer.
struct HookCall {
    text: String,
    answer: oneshot::Sender<Response>,
}

impl HookCall {
    fn answer_well(self) {
        let _ = self.answer.send(StatusCode::OK.into_response());
    }

    fn answer_badly(self, status: StatusCode, retry_after: &str) {
        let answer = (status, [("retry-after", retry_after.to_owned())]).into_response();
        let _ = self.answer.send(answer);
    }
}

/// A bot with a webhook whose answers the test gives.
struct HookedBot {
    telegram: Telegram,
    clock: Arc<SimClock>,
    bot: Bot,
    ann: i64,
    calls: mpsc::UnboundedReceiver<HookCall>,
    url: String,
}

impl HookedBot {
    async fn start() -> Self {
        let (telegram, clock) = with_clock().await;
        let (sender, calls) = mpsc::unbounded_channel();
        let hook = post(async move |axum::Json(update): axum::Json<Value>| {
            let text = update["message"]["text"].as_str().unwrap().to_owned();
            let (answer, answered) = oneshot::channel();
            let _ = sender.send(HookCall { text, answer });
            answered.await.unwrap_or_default()
        });
        let router = axum::Router::new().route("/hook", hook);
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}/hook", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, router).await });
        let bot = Bot::new(&telegram);
        bot.done("setWebhook", json!({ "url": url })).await;
        let ann = telegram.person("Ann");
        Self {
            telegram,
            clock,
            bot,
            ann,
            calls,
            url,
        }
    }

    async fn next_call(&mut self) -> HookCall {
        let call = within("the webhook is called", self.calls.recv()).await;
        call.unwrap()
    }
}

#[tokio::test]
async fn each_chat_has_a_queue_of_its_own() {
    let mut hooked = HookedBot::start().await;
    let (telegram, ann) = (&hooked.telegram, hooked.ann);
    let chats = ["One", "Two"].map(|title| telegram.supergroup(title, &[ann]));
    telegram.say(chats[0], ann, "first");
    // Several updates are sent at once only after a good answer.
    hooked.next_call().await.answer_well();
    hooked.telegram.until_acknowledged().await;
    hooked.telegram.say(chats[0], ann, "one a");
    hooked.telegram.say(chats[0], ann, "one b");
    hooked.telegram.say(chats[1], ann, "two");
    let mut calls = [hooked.next_call().await, hooked.next_call().await];
    calls.sort_by(|one, two| one.text.cmp(&two.text));
    let [one, two] = calls;
    assert_eq!((one.text.as_str(), two.text.as_str()), ("one a", "two"));
    two.answer_well();
    assert!(hooked.calls.try_recv().is_err());
    one.answer_well();
    let next = hooked.next_call().await;
    assert_eq!(next.text, "one b");
    next.answer_well();
    hooked.telegram.until_acknowledged().await;
    hooked.telegram.finish();
}

#[tokio::test]
async fn the_pause_of_an_answer_is_obeyed_up_to_an_hour() {
    let mut hooked = HookedBot::start().await;
    let chat = hooked.telegram.private(hooked.ann);
    hooked.telegram.say(chat, hooked.ann, "x");
    for (asked, pause) in [("30", 30), ("7", 7), ("5000", 3_600)] {
        let call = hooked.next_call().await;
        call.answer_badly(StatusCode::SERVICE_UNAVAILABLE, asked);
        let pause = Duration::from_secs(pause);
        within("the pause", hooked.clock.someone_sleeps(pause)).await;
        hooked.clock.advance(pause);
    }
    hooked.next_call().await.answer_well();
    hooked.telegram.until_acknowledged().await;
    hooked.telegram.finish();
}

#[tokio::test]
async fn a_webhook_that_is_gone_for_a_day_is_removed() {
    let mut hooked = HookedBot::start().await;
    let chat = hooked.telegram.private(hooked.ann);
    hooked.telegram.say(chat, hooked.ann, "x");
    let hour = Duration::from_hours(1);
    for _ in 0..24 {
        let call = hooked.next_call().await;
        call.answer_badly(StatusCode::GONE, "3600");
        within("the pause", hooked.clock.someone_sleeps(hour)).await;
        hooked.clock.advance(hour);
    }
    let call = hooked.next_call().await;
    call.answer_badly(StatusCode::GONE, "3600");
    let removed = async {
        loop {
            let info = hooked.bot.done("getWebhookInfo", json!({})).await;
            if info["url"] == json!("") {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    within("the webhook is removed", removed).await;
    hooked.telegram.finish();
}

#[tokio::test]
async fn a_registration_has_its_rules() {
    let hooked = HookedBot::start().await;
    let again = json!({ "url": hooked.url });
    let told = hooked.bot.refused("setWebhook", again.clone()).await;
    assert!(told.contains("retry after 1"), "{told}");
    hooked.clock.advance(Duration::from_secs(1));
    hooked.bot.done("setWebhook", again).await;
    for (url, expected) in [
        ("http://example.org/x", "An HTTPS URL must be provided"),
        (
            "https://example.org:444/x",
            "only on ports 80, 88, 443 or 8443",
        ),
    ] {
        let told = hooked
            .bot
            .refused("setWebhook", json!({ "url": url }))
            .await;
        assert!(told.contains(expected), "{told}");
    }
    hooked.telegram.finish();
}
