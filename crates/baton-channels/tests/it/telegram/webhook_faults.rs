//! Faults of the webhook that Telegram tells only when asked.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use baton_chat::connector::ConnectionStage;
use baton_testkit::agent_run::within;
use baton_testkit::clock::SimClock;
use baton_testkit::telegram::Fault;
use serde_json::Value;

use super::bot::{Bot, echo_agent, texts};
use super::webhook::{start_with_webhook, until_live, webhook};

/// The pause before Baton looks at the state of the webhook.
const LOOK: Duration = Duration::from_secs(30);

async fn webhook_bot(clock: &Arc<SimClock>) -> Bot {
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    start_with_webhook(&mut bot).await;
    bot
}

/// Waits for the reported loss, and returns its text.
async fn reported(bot: &Bot, clock: &SimClock, pause: Duration) -> String {
    let losses = bot
        .connections
        .wait_until(|states| states.values().any(|it| it.last_loss.is_some()));
    let states = within("the fault is reported", clock.pass_until(pause, losses)).await;
    states[&0].last_loss.clone().unwrap()
}

#[tokio::test]
async fn s77_a_webhook_that_another_program_replaced_is_reported_and_set_again() {
    let clock = SimClock::shared();
    let bot = webhook_bot(&clock).await;
    bot.telegram.set_foreign_webhook("https://example.org/hook");
    let loss = reported(&bot, &clock, LOOK).await;
    assert!(loss.contains("https://example.org/hook"), "{loss}");
    let pause = Duration::from_millis(500);
    within("it is set again", clock.pass_until(pause, until_live(&bot))).await;
    bot.say("hello");
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
}

#[tokio::test]
async fn an_error_of_the_proxy_is_reported() {
    let proxy = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = proxy.local_addr().unwrap();
    let router = Router::new().fallback(async || StatusCode::BAD_GATEWAY);
    tokio::spawn(async move { axum::serve(proxy, router).await });
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    let mut settings = webhook();
    settings.url = format!("http://{address}/hook").parse().unwrap();
    bot.settings.webhook = Some(settings);
    start_with_webhook(&mut bot).await;
    bot.say("hello");
    // The first repetition follows at once.
    clock.someone_sleeps(Duration::from_secs(2)).await;
    let loss = reported(&bot, &clock, LOOK).await;
    assert!(loss.contains("502 Bad Gateway"), "{loss}");
    assert!(loss.contains("1 updates wait"), "{loss}");
    let states = bot.connections.current_states();
    assert_eq!(states[&0].stage, ConnectionStage::Live);
}

#[tokio::test]
async fn a_registration_that_fails_is_tried_again() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    bot.telegram.fail_next("setWebhook", 1, Fault::Status(502));
    bot.settings.webhook = Some(webhook());
    bot.start_unconnected().await;
    let pause = Duration::from_millis(500);
    within("it is set", clock.pass_until(pause, until_live(&bot))).await;
    bot.say("hello");
    assert_eq!(texts(&bot.said(1).await), ["hello"]);
}

#[tokio::test]
async fn a_refused_address_is_named() {
    let clock = SimClock::shared();
    let mut bot = Bot::with_clock(clock.clone(), echo_agent()).await;
    let refused = "Bad Request: bad webhook: Failed to resolve host: Name or service not known";
    bot.telegram
        .fail("setWebhook", Fault::Error(400, refused, Value::Null));
    bot.settings.webhook = Some(webhook());
    bot.start_unconnected().await;
    let loss = reported(&bot, &clock, Duration::from_millis(500)).await;
    assert!(loss.contains("Failed to resolve host"), "{loss}");
}

#[tokio::test]
async fn a_wrong_token_ends_the_webhook_with_a_reason() {
    let mut bot = Bot::new(echo_agent()).await;
    bot.telegram.set_token("1:other");
    bot.settings.webhook = Some(webhook());
    bot.start_unconnected().await;
    let why = bot.failed().await;
    assert!(why.contains("does not know the token"), "{why}");
}
