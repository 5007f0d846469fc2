//! Updates by webhook: the requests of Telegram, and their answers.

use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use axum::Router;
use axum::body::Bytes;
use axum::http::HeaderMap;
use baton_channels::telegram::{WebhookSecret, WebhookSettings};
use baton_chat::connector::ConnectionStage;
use baton_core::store::{Ingest, Ingested, Store, StoreError};
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::layered::{Layer, Layered};
use baton_testkit::telegram::{Fault, Message};
use reqwest::{RequestBuilder, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::sync::watch;

use super::bot::{Bot, echo_agent, texts};

const SECRET: &str = "the-secret_of-the-webhook";
const SECRET_HEADER: &str = "X-Telegram-Bot-Api-Secret-Token";

/// Settings for a listener on a free port.
pub(super) fn webhook() -> WebhookSettings {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    WebhookSettings {
        url: format!("http://{address}/telegram/hook").parse().unwrap(),
        listener: Arc::new(listener),
        secret: WebhookSecret::parse_secret(SECRET.into()).unwrap(),
    }
}

/// Starts a bot with a webhook.
pub(super) async fn start_with_webhook(bot: &mut Bot) {
    bot.settings.webhook.get_or_insert_with(webhook);
    bot.start_unconnected().await;
    until_live(bot).await;
}

pub(super) async fn until_live(bot: &Bot) {
    let is_live = |stage: ConnectionStage| stage == ConnectionStage::Live;
    let live = bot
        .connections
        .wait_until(|states| states.values().any(|it| is_live(it.stage)));
    within("the webhook is set", live).await;
}

async fn webhook_bot() -> Bot {
    let mut bot = Bot::new(echo_agent()).await;
    start_with_webhook(&mut bot).await;
    bot
}

/// The address of the webhook.
fn address(bot: &Bot) -> String {
    let webhook = bot.settings.webhook.as_ref().unwrap();
    webhook.url.to_string()
}

/// A request as Telegram makes it.
fn call(bot: &Bot, body: impl Into<reqwest::Body>) -> RequestBuilder {
    let request = reqwest::Client::new().post(address(bot)).body(body);
    request.header(SECRET_HEADER, SECRET)
}

/// The update of a message of Ann in the group.
fn update(bot: &Bot, number: i64, text: &str) -> Value {
    json!({ "update_id": 1_000 + number, "message": {
        "message_id": number, "date": 1_700_000_000, "text": text,
        "chat": { "id": bot.group, "type": "supergroup", "title": "Makers", "is_forum": true },
        "from": { "id": bot.ann, "is_bot": false, "first_name": "Ann" },
    }})
}

/// A store whose messages wait while the gate is closed.
#[derive(Clone)]
pub(super) struct IngestGate {
    pub(super) is_open: watch::Sender<bool>,
    waiting: watch::Sender<usize>,
}

impl IngestGate {
    pub(super) fn open_over(bot: &mut Bot) -> Self {
        let gate = Self {
            is_open: watch::Sender::new(true),
            waiting: watch::Sender::new(0),
        };
        bot.store = Layered::over(gate.clone(), Arc::clone(&bot.store));
        gate
    }

    pub(super) async fn until_waiting(&self) {
        let mut waiting = self.waiting.subscribe();
        let someone = waiting.wait_for(|count| *count > 0);
        within("an update waits for its commit", someone)
            .await
            .unwrap();
    }
}

#[async_trait]
impl Layer for IngestGate {
    async fn ingest(
        &self,
        store: Arc<dyn Store>,
        ingest: Ingest,
    ) -> Result<Vec<Ingested>, StoreError> {
        self.waiting.send_modify(|count| *count += 1);
        let mut is_open = self.is_open.subscribe();
        let _ = is_open.wait_for(|is_open| *is_open).await;
        self.waiting.send_modify(|count| *count -= 1);
        store.ingest(ingest).await
    }
}

#[tokio::test]
async fn messages_by_webhook_are_answered_in_order() {
    let bot = webhook_bot().await;
    for text in ["one", "two", "three"] {
        bot.say(text);
    }
    assert_eq!(texts(&bot.said(3).await), ["one", "two", "three"]);
    bot.telegram.until_acknowledged().await;
    let set = bot.telegram.until_asked("setWebhook", 1).await;
    let updates = set[0].body["allowed_updates"].as_array().unwrap();
    assert!(updates.contains(&json!("message_reaction")), "{updates:?}");
    let asked = bot.telegram.asked();
    assert!(asked.iter().all(|it| it.method != "getUpdates"));
}

#[tokio::test]
async fn a_call_without_the_secret_is_refused_and_stores_nothing() {
    let bot = webhook_bot().await;
    let body = update(&bot, 90, "forged").to_string();
    let client = reqwest::Client::new();
    let missing = client.post(address(&bot)).body(body.clone());
    let wrong = missing.try_clone().unwrap().header(SECRET_HEADER, "wrong");
    let longer = missing
        .try_clone()
        .unwrap()
        .header(SECRET_HEADER, format!("{SECRET}x"));
    let elsewhere = client.post(format!("{}/x", address(&bot)));
    let elsewhere = elsewhere.header(SECRET_HEADER, SECRET).body(body);
    let reading = client.get(address(&bot)).header(SECRET_HEADER, SECRET);
    for (request, expected) in [
        (missing, StatusCode::FORBIDDEN),
        (wrong, StatusCode::FORBIDDEN),
        (longer, StatusCode::FORBIDDEN),
        (elsewhere, StatusCode::NOT_FOUND),
        (reading, StatusCode::METHOD_NOT_ALLOWED),
    ] {
        assert_eq!(request.send().await.unwrap().status(), expected);
    }
    bot.say("real");
    assert_eq!(texts(&bot.said(1).await), ["real"]);
    assert!(bot.kept(bot.group, 90).await.is_none());
}

#[tokio::test]
async fn a_body_that_is_too_large_is_not_read() {
    let bot = webhook_bot().await;
    let url = bot.settings.webhook.as_ref().unwrap().url.clone();
    let (host, port) = (url.host_str().unwrap(), url.port().unwrap());
    let mut stream = tokio::net::TcpStream::connect((host, port)).await.unwrap();
    let head = format!(
        "POST {} HTTP/1.1\r\nHost: x\r\nX-Telegram-Bot-Api-Secret-Token: {SECRET}\r\nContent-Length: 9000000\r\n\r\n",
        url.path()
    );
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = String::new();
    let answered = stream.read_to_string(&mut answer);
    within("the answer", answered).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 413"), "{answer}");
}

#[tokio::test]
async fn s09_a_repeated_update_is_answered_once_also_after_a_restart() {
    let mut bot = webhook_bot().await;
    let body = update(&bot, 900, "hello").to_string();
    for _ in 0..3 {
        let answered = call(&bot, body.clone()).send().await.unwrap();
        assert_eq!(answered.status(), StatusCode::OK);
    }
    bot.said(1).await;
    bot.until_settled().await;
    bot.kill();
    start_with_webhook(&mut bot).await;
    let answered = call(&bot, body).send().await.unwrap();
    assert_eq!(answered.status(), StatusCode::OK);
    bot.say("after");
    assert_eq!(texts(&bot.said(2).await), ["hello", "after"]);
}

/// Puts a proxy before the listener, which passes each call on three times.
async fn repeat_calls(settings: &mut WebhookSettings) {
    let target = settings.url.clone();
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    settings.url = format!("http://{address}{}", target.path())
        .parse()
        .unwrap();
    let repeat = async move |headers: HeaderMap, body: Bytes| {
        let mut status = StatusCode::OK;
        for _ in 0..3 {
            let again = reqwest::Client::new().post(target.clone());
            let again = again.header(SECRET_HEADER, headers[SECRET_HEADER].clone());
            status = again.body(body.clone()).send().await.unwrap().status();
        }
        status
    };
    let router = Router::new().fallback(repeat);
    tokio::spawn(async move { axum::serve(proxy, router).await });
}

#[tokio::test]
async fn s09_a_repeated_command_is_answered_once() {
    let mut bot = Bot::new(echo_agent()).await;
    let mut settings = webhook();
    repeat_calls(&mut settings).await;
    bot.settings.webhook = Some(settings);
    start_with_webhook(&mut bot).await;
    bot.say("/ping");
    bot.say("hello");
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
    bot.telegram.until_acknowledged().await;
    let is_pong = |it: &Message| it.only_for == Some(bot.ann);
    bot.telegram.until_said(bot.group, is_pong).await;
    let pongs = bot.telegram.messages_only_for(bot.group, bot.ann);
    assert_eq!(pongs.len(), 1, "{pongs:?}");
}

#[tokio::test]
async fn s79_an_update_that_is_no_json_costs_only_itself() {
    let bot = webhook_bot().await;
    for body in [
        "",
        "{\"message\":",
        "7",
        "{\"message\":{\"text\":\"\\ud83d\"}}",
    ] {
        let answered = call(&bot, body).send().await.unwrap();
        // A repetition would be as unreadable.
        assert_eq!(answered.status(), StatusCode::OK, "{body}");
    }
    bot.say("hello");
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
}

#[tokio::test]
async fn an_update_is_acknowledged_only_after_its_commit() {
    let mut bot = Bot::new(echo_agent()).await;
    let gate = IngestGate::open_over(&mut bot);
    start_with_webhook(&mut bot).await;
    gate.is_open.send_replace(false);
    bot.say("one");
    gate.until_waiting().await;
    assert!(!bot.telegram.has_acknowledged_all());
    bot.kill();
    start_with_webhook(&mut bot).await;
    assert_eq!(texts(&bot.said(1).await), ["one"]);
    bot.telegram.until_acknowledged().await;
    bot.say("two");
    assert_eq!(texts(&bot.said(2).await), ["one", "two"]);
}

#[tokio::test]
async fn a_store_that_does_not_answer_gives_503_and_the_update_comes_again() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    let gate = IngestGate::open_over(&mut bot);
    start_with_webhook(&mut bot).await;
    gate.is_open.send_replace(false);
    bot.say("hello");
    gate.until_waiting().await;
    let patience = Duration::from_secs(25);
    clock.someone_sleeps(patience).await;
    clock.advance(patience);
    // Telegram obeys the pause of the answer.
    let pause = Duration::from_secs(5);
    within("the answer is 503", clock.someone_sleeps(pause)).await;
    assert!(!bot.telegram.has_acknowledged_all());
    gate.is_open.send_replace(true);
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
    clock.advance(pause);
    bot.telegram.until_acknowledged().await;
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
}

#[tokio::test]
async fn s44_a_topic_whose_creation_got_no_answer_is_found_by_webhook() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.answering().thread_per_request = true;
    bot.telegram.promote_bot(bot.group, &["can_manage_topics"]);
    start_with_webhook(&mut bot).await;
    bot.telegram
        .fail_next("createForumTopic", 1, Fault::LoseAnswer);
    bot.say("one");
    let said = bot.said(1).await;
    assert!(said[0].topic.is_some());
    assert_eq!(bot.telegram.topics(bot.group).len(), 1);
    // This creation is not carried out. Baton makes another one when Telegram has sent all updates.
    bot.telegram.fail_next("createForumTopic", 1, Fault::Cut);
    bot.say("two");
    let said = bot.said(2).await;
    assert_eq!(texts(&said), ["one", "two"]);
    assert_eq!(bot.telegram.topics(bot.group).len(), 2);
}
