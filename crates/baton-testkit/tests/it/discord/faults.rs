//! Planted faults of requests.

use std::sync::Arc;
use std::time::Duration;

use baton_testkit::discord::{Discord, Fault, Held, Limit, Scope, Snowflake};
use serde_json::{Value, json};

use super::{Bot, http, id};

async fn place() -> (Discord, Snowflake) {
    let discord = Discord::start().await;
    let server = discord.server("Makers");
    let channel = discord.channel(server, "general");
    (discord, channel)
}

/// Sends a message without a library, and returns the answer.
async fn send(discord: &Discord, channel: Snowflake) -> Result<reqwest::Response, reqwest::Error> {
    let url = format!("{}/api/v10/channels/{channel}/messages", discord.rest_url());
    let request = http()
        .post(url)
        .header("user-agent", "DiscordBot (https://example.org, 1.0)");
    let request = request.header("authorization", format!("Bot {}", discord.token()));
    request.json(&json!({"content": "x"})).send().await
}

#[tokio::test]
async fn each_kind_of_limit_has_its_headers_and_its_body() {
    let (discord, channel) = place().await;
    for (scope, name) in [
        (Scope::User, "user"),
        (Scope::Shared, "shared"),
        (Scope::Global, "global"),
    ] {
        discord.fail_next("create_message", 1, Fault::Limited(scope, 1500));
        let answer = send(&discord, channel).await.unwrap();
        assert_eq!(answer.status(), 429);
        let header = |name: &str| {
            answer
                .headers()
                .get(name)
                .map(|value| value.to_str().unwrap().to_owned())
        };
        assert_eq!(header("x-ratelimit-scope").as_deref(), Some(name));
        assert_eq!(header("retry-after").as_deref(), Some("2"));
        assert_eq!(
            header("x-ratelimit-global").is_some(),
            scope == Scope::Global
        );
        let body: Value = answer.json().await.unwrap();
        assert_eq!(body["retry_after"], json!(1.5));
        assert_eq!(body["global"], json!(scope == Scope::Global));
    }
    // A library that knows rate limits retries.
    let bot = Bot::new(&discord);
    discord.fail_next("create_message", 1, Fault::Limited(Scope::User, 10));
    bot.client
        .create_message(id(channel))
        .content("y")
        .await
        .unwrap();
    assert_eq!(discord.messages(channel).len(), 1);
    discord.finish();
}

#[tokio::test]
async fn an_answer_is_what_the_test_says_word_for_word() {
    let (discord, channel) = place().await;
    let fault = Fault::too_fast(&[("retry-after", "soon")], "<html>");
    discord.fail_next("create_message", 1, fault);
    let answer = send(&discord, channel).await.unwrap();
    assert_eq!(answer.status(), 429);
    assert_eq!(answer.headers()["retry-after"], "soon");
    assert_eq!(answer.text().await.unwrap(), "<html>");
    assert!(discord.messages(channel).is_empty(), "nothing was done");
    discord.finish();
}

#[tokio::test]
async fn limits_are_counted_for_each_channel_and_in_all() {
    let (discord, channel) = place().await;
    let other = discord.channel(discord.server("Others"), "general");
    let day = Duration::from_hours(24);
    discord.limit(
        "create_message",
        Limit {
            requests: 2,
            window: day,
        },
    );
    let first = send(&discord, channel).await.unwrap();
    assert_eq!(first.headers()["x-ratelimit-remaining"], "1");
    assert_eq!(send(&discord, channel).await.unwrap().status(), 200);
    assert_eq!(send(&discord, channel).await.unwrap().status(), 429);
    assert_eq!(send(&discord, other).await.unwrap().status(), 200);
    discord.limit_all(Limit {
        requests: 1,
        window: day,
    });
    assert_eq!(send(&discord, other).await.unwrap().status(), 200);
    let beyond = send(&discord, other).await.unwrap();
    assert_eq!(beyond.headers()["x-ratelimit-scope"], "global");
    assert_eq!(discord.limits_exceeded(), 2);
    discord.finish();
}

#[tokio::test]
async fn several_operations_can_be_counted_in_one_bucket() {
    let (discord, channel) = place().await;
    let together = ["create_message", "trigger_typing_indicator"];
    let window = Duration::from_hours(24);
    discord.limit_together(
        &together,
        Limit {
            requests: 2,
            window,
        },
    );
    let typing = format!("{}/api/v10/channels/{channel}/typing", discord.rest_url());
    let begin_typing = || {
        let agent = "DiscordBot (https://example.org, 1.0)";
        let typing = http().post(&typing).header("user-agent", agent);
        let typing = typing.header("authorization", format!("Bot {}", discord.token()));
        typing.send()
    };
    let said = send(&discord, channel).await.unwrap();
    let shown = begin_typing().await.unwrap();
    let bucket = "x-ratelimit-bucket";
    assert_eq!(said.headers()[bucket], shown.headers()[bucket]);
    assert_eq!(shown.headers()["x-ratelimit-remaining"], "0");
    let beyond = send(&discord, channel).await.unwrap();
    assert_eq!(beyond.status(), 429);
    assert_eq!(said.headers()[bucket], beyond.headers()[bucket]);
    assert_eq!(begin_typing().await.unwrap().status(), 429);
    discord.finish();
}

#[tokio::test]
async fn an_outage_ends_when_the_test_says_so() {
    let (discord, channel) = place().await;
    discord.fail("*", Fault::Status(503));
    assert_eq!(send(&discord, channel).await.unwrap().status(), 503);
    assert_eq!(send(&discord, channel).await.unwrap().status(), 503);
    discord.recover();
    assert_eq!(send(&discord, channel).await.unwrap().status(), 200);
    discord.fail_next("create_message", 1, Fault::Cut);
    assert!(send(&discord, channel).await.is_err());
    assert_eq!(discord.messages(channel).len(), 1);
    discord.finish();
}

#[tokio::test]
async fn a_file_that_is_gone_and_a_person_who_takes_no_messages_are_told() {
    let (discord, channel) = place().await;
    let missing = format!("{}/attachments/7/a.txt", discord.rest_url());
    assert_eq!(http().get(missing).send().await.unwrap().status(), 404);
    let bot = Bot::new(&discord);
    discord.fail_next(
        "create_message",
        1,
        Fault::Error(403, 50007, "Cannot send messages to this user"),
    );
    let refused = bot
        .client
        .create_message(id(channel))
        .content("x")
        .await
        .unwrap_err();
    assert!(refused.to_string().contains("403"), "{refused}");
    discord.finish();
}

#[tokio::test]
async fn an_answer_waits_until_it_is_let_go() {
    let (discord, channel) = place().await;
    let discord = Arc::new(discord);
    let held = Held::default();
    discord.fail_next("create_message", 1, Fault::Hold(held.clone()));
    let sending = tokio::spawn({
        let discord = Arc::clone(&discord);
        async move { send(&discord, channel).await.unwrap().status() }
    });
    discord.until_bot_said(channel, 1).await;
    assert!(
        !sending.is_finished(),
        "people see it, and the bot does not know yet"
    );
    held.release();
    assert_eq!(sending.await.unwrap(), 200);
}
