//! A long conversation does not end.

use baton_agents::OpenAiSettings;
use baton_core::agent::Turn;
use baton_core::store::PostKind;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::model_server::{Answer, ModelServer};
use serde_json::{Value, json};

use super::asking::post;
use super::{agent, settings};
use crate::{rejected, unavailable};

/// A turn with a history of `posts` posts, each a number of nine digits.
fn after(posts: usize) -> Turn {
    let mut turn = turn("and the next?");
    turn.history = (0..posts)
        .map(|number| post(PostKind::Message, "ann", &format!("{number:09}")))
        .collect();
    turn
}

fn bytes(request: &Value) -> usize {
    let messages = request["messages"].as_array().unwrap().iter();
    let texts = messages.map(|message| message["content"].as_str().unwrap().len());
    texts.sum()
}

/// A server with a limit in bytes, and this refusal above the limit.
async fn with_room(
    most: usize,
    refusal: impl Fn() -> Answer + Send + Sync + 'static,
) -> ModelServer {
    let server = ModelServer::start().await;
    server.always(move |request| {
        if bytes(request) > most {
            refusal()
        } else {
            Answer::text("Read.")
        }
    });
    server
}

/// Refusals of servers for a request above the context size, with the status.
const REFUSALS: [(u16, &str); 14] = [
    (
        400,
        r#"{"error":{"code":400,"message":"the request exceeds the available context size, try increasing it","type":"exceed_context_size_error","n_prompt_tokens":1536,"n_ctx":1024}}"#,
    ),
    (
        500,
        r#"{"error":{"code":500,"message":"the request exceeds the available context size. try increasing the context size or enable context shift","type":"server_error"}}"#,
    ),
    (
        400,
        r#"{"error":{"message":"This model's maximum context length is 4097 tokens. However, your messages resulted in 4294 tokens.","type":"invalid_request_error","param":"messages","code":"context_length_exceeded"}}"#,
    ),
    (
        400,
        r#"{"object":"error","message":"This model's maximum context length is 1024 tokens. However, you requested 1536 tokens in the messages, Please reduce the length of the messages.","type":"BadRequestError","code":400}"#,
    ),
    (
        400,
        r#"{"error":{"message":"'max_tokens' or 'max_completion_tokens' is too large: 256. This model's maximum context length is 1024 tokens and your request has 900 input tokens"}}"#,
    ),
    (
        422,
        r#"{"error":"Input validation error: `inputs` tokens + `max_new_tokens` must be <= 4096. Given: 4196","error_type":"validation"}"#,
    ),
    (
        400,
        r#"{"error":{"message":"prompt is too long: 215000 tokens > 200000 maximum"}}"#,
    ),
    (
        400,
        r#"[{"error":{"code":400,"message":"The input token count (1200000) exceeds the maximum number of tokens allowed (1048576).","status":"INVALID_ARGUMENT"}}]"#,
    ),
    (
        400,
        r#"{"error":"The number of tokens to keep from the initial prompt is greater than the context length"}"#,
    ),
    (
        400,
        r#"{"message":"Prompt contains 40000 tokens, too large for model with 32768 maximum context length"}"#,
    ),
    (
        413,
        r#"{"error":{"message":"Input is too long for requested model."}}"#,
    ),
    (
        400,
        r#"{"error":{"message":"Prompt tokens (9) exceeds context size (8)","type":"context_exceeded"}}"#,
    ),
    (
        400,
        r#"{"error":{"message":"This model's maximum prompt length is 131072 but the request contains 140000 tokens; input too long"}}"#,
    ),
    (
        400,
        r#"{"detail":[{"msg":"Requested token count exceeds the model's maximum context length"}]}"#,
    ),
];

#[tokio::test]
async fn s18_older_history_is_left_out_where_the_server_finds_it_too_long() {
    for (status, body) in REFUSALS {
        let server = with_room(400, move || {
            Answer::response(status, "application/json", body)
        });
        let server = server.await;
        let reply = AgentRun::start(&agent(settings(&server)), after(100))
            .end()
            .await;
        let reply = reply.unwrap_or_else(|error| panic!("{body}: {error}"));
        assert_eq!(reply.text, "Read.");
        let asked = server.asked();
        let last = &asked.last().unwrap().body;
        let seen = last["messages"][0]["content"].as_str().unwrap();
        assert!(seen.ends_with("ann: 000000099\n\nand the next?"), "{seen}");
        assert!(
            seen.contains("000000090"),
            "no more than half of it: {seen}"
        );
    }
}

#[tokio::test]
async fn s18_also_where_the_stream_says_so() {
    let stream = "error: {\"code\":500,\"message\":\"context size has been exceeded\"}\n\n";
    let server = with_room(400, move || Answer::pieces([stream])).await;
    let reply = AgentRun::start(&agent(settings(&server)), after(100))
        .end()
        .await;
    assert_eq!(reply.unwrap().text, "Read.");
}

#[tokio::test]
async fn s18_a_message_that_is_too_long_alone_is_refused() {
    let (status, body) = REFUSALS[0];
    let server = with_room(5, move || {
        Answer::response(status, "application/json", body)
    })
    .await;
    let end = AgentRun::start(&agent(settings(&server)), after(3))
        .end()
        .await;
    let told = rejected(end);
    assert!(told.contains("too long"), "{told}");
    assert_eq!(server.asked().len(), 3);
}

#[tokio::test]
async fn too_much_in_a_minute_is_not_too_much_at_once() {
    let body = r#"{"error":{"message":"Request too large for model `m` on tokens per minute (TPM): Limit 6000, Requested 7000","code":"rate_limit_exceeded"}}"#;
    let server = with_room(0, move || Answer::response(429, "application/json", body)).await;
    unavailable(
        AgentRun::start(&agent(settings(&server)), after(9))
            .end()
            .await,
    );
    assert_eq!(server.asked().len(), 1);
}

/// A server whose model counts every byte as a token.
async fn counting() -> ModelServer {
    let server = ModelServer::start().await;
    server.always(|request| {
        let usage = json!({"prompt_tokens": bytes(request) + 8, "completion_tokens": 1});
        let answer = json!({
            "choices": [{"message": {"content": "Read."}, "finish_reason": "stop"}],
            "usage": usage,
        });
        Answer::response(200, "application/json", answer.to_string())
    });
    server
}

#[tokio::test]
async fn s18_how_much_a_token_is_is_learned() {
    let server = counting().await;
    let window = 2_000;
    let agent = agent(OpenAiSettings {
        context_tokens: window,
        ..settings(&server)
    });
    for _ in 0..2 {
        AgentRun::start(&agent, after(1_000)).end().await.unwrap();
    }
    let asked = server.asked();
    let (first, second) = (bytes(&asked[0].body), bytes(&asked[1].body));
    // A quarter of the context is kept for the reply.
    let room = window * 3 / 4;
    assert!(first > room, "{first}");
    assert!(second < room, "{second}");
    assert!(second > window / 2, "{second}");
}

#[tokio::test]
async fn s18_a_long_message_is_asked_whatever_was_learned() {
    let server = counting().await;
    let agent = agent(settings(&server));
    AgentRun::start(&agent, after(1_000)).end().await.unwrap();
    // In English, the text has a thousand tokens.
    let long = turn(&"word ".repeat(800));
    AgentRun::start(&agent, long).end().await.unwrap();
}
