//! Answers in every form that servers send.

use std::sync::Arc;

use baton_agents::OpenAiSettings;
use baton_core::agent::{Agent, AgentError, ErrorClass, Reply};
use baton_core::turn::Usage;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::model_server::{Answer, ModelServer, delta, stop_delta};

use super::{agent, settings};
use crate::{answer, failed};

/// The agent's result for an answer.
pub(super) async fn made_of(reply: Answer) -> Result<Reply, AgentError> {
    let server = ModelServer::start().await;
    server.next(reply);
    answer(&agent(settings(&server)), "hello").await
}

pub(super) async fn text_of(reply: Answer) -> String {
    made_of(reply).await.unwrap().text
}

#[tokio::test]
async fn a_reply_is_shown_as_it_is_written() {
    let server = ModelServer::start().await;
    let (written, pen) = Answer::driven();
    server.next(written);
    let mut run = AgentRun::start(&agent(settings(&server)), turn("hello"));
    pen.say("So ");
    run.said("So ").await;
    pen.say("be it.");
    run.said("be it.").await;
    assert!(!run.is_over());
    pen.finish();
    assert_eq!(run.end().await.unwrap().text, "So be it.");
}

#[tokio::test]
async fn usage_is_kept() {
    let reply = made_of(Answer::text("four words of text")).await.unwrap();
    let usage = Usage {
        duration_ms: None,
        input_tokens: Some(7),
        output_tokens: Some(4),
        cost_micros: None,
    };
    assert_eq!(reply.usage, usage);
    assert_eq!(
        made_of(Answer::plain("a b c d")).await.unwrap().usage,
        usage
    );
}

#[tokio::test]
async fn a_server_that_does_not_stream_is_understood() {
    assert_eq!(text_of(Answer::plain("all at once")).await, "all at once");
}

#[tokio::test]
async fn a_stream_may_be_cut_anywhere() {
    let text = "naïve 漢字 🎉🏽 — “quoted”";
    let whole: Vec<u8> = [delta(text), stop_delta(), b"data: [DONE]\n\n".to_vec()].concat();
    for size in [1, 2, 3, 5, 7, 64] {
        let pieces: Vec<_> = whole.chunks(size).map(<[u8]>::to_vec).collect();
        assert_eq!(
            text_of(Answer::pieces(pieces)).await,
            text,
            "in pieces of {size} bytes"
        );
    }
}

#[tokio::test]
async fn what_servers_add_is_overlooked() {
    let stream = "\u{feff}: a comment\r\n\r\n\
        event: message\r\nid: 1\r\nretry: 10\r\nunknown: field\r\n\
        data: {\"choices\":[{\"delta\":{\"role\":\"assistant\"}}],\"new\":{\"field\":1}}\r\n\r\n\
        :\r\n\r\n\
        data:{\"choices\":[]}\r\n\r\n\
        data: {\"choices\":null,\"usage\":null}\r\n\r\n\
        data: {\"choices\":[{\"index\":0,\"delta\":{\"content\":\"Hel\",\"reasoning\":\"hm\"}}]}\r\n\r\n\
        data: {\"choices\":[{\"index\":0,\r\ndata: \"delta\":{\"content\":\"lo\"}}]}\r\n\r\n\
        data: {\"choices\":[{\"delta\":{\"content\":null},\"finish_reason\":\"stop\"}]}\r\n\r\n\
        data: [DONE]\r\n\r\n";
    for size in [1, 1000] {
        let pieces: Vec<_> = stream.as_bytes().chunks(size).map(<[u8]>::to_vec).collect();
        assert_eq!(text_of(Answer::pieces(pieces)).await, "Hello");
    }
}

#[tokio::test]
async fn any_end_that_says_so_is_an_end() {
    // Without [DONE]; without the last blank line; with a broken connection after the last text.
    assert_eq!(
        text_of(Answer::pieces([delta("a"), stop_delta()])).await,
        "a"
    );
    let hasty = Answer::pieces([delta("a"), b"data: [DONE]".to_vec()]);
    assert_eq!(text_of(hasty).await, "a");

    let server = ModelServer::start().await;
    let (written, pen) = Answer::driven();
    server.next(written);
    pen.say("a");
    pen.raw(stop_delta());
    drop(pen);
    assert_eq!(
        answer(&agent(settings(&server)), "hello")
            .await
            .unwrap()
            .text,
        "a"
    );
}

#[tokio::test]
async fn an_empty_reply_is_none() {
    for nothing in [
        Answer::pieces([stop_delta()]),
        Answer::response(200, "application/json", r#"{"status":"ok"}"#),
        Answer::response(200, "application/json", r#"{"choices":[]}"#),
    ] {
        let error = made_of(nothing).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Failed, "{error:?}");
    }
}

#[tokio::test]
async fn a_reply_has_a_limit() {
    async fn limited(reply: Answer) -> Result<Reply, AgentError> {
        let server = ModelServer::start().await;
        server.next(reply);
        let settings = OpenAiSettings {
            reply_limit: 5,
            ..settings(&server)
        };
        answer(&agent(settings), "hello").await
    }
    assert_eq!(limited(Answer::text("12345")).await.unwrap().text, "12345");
    let reason = failed(limited(Answer::text("12 345")).await);
    assert_eq!(reason, "the model wrote more than 5 bytes and was stopped");
    failed(limited(Answer::plain("123456")).await);
    let endless = Answer::response(200, "application/json", " ".repeat(1_000_000));
    failed(limited(endless).await);
}

#[tokio::test]
async fn an_event_has_a_limit() {
    let endless = vec![b"data: ".to_vec(), vec![b'x'; 2 * 1024 * 1024]];
    let reason = failed(made_of(Answer::pieces(endless)).await);
    assert!(
        reason.contains("more than 1048576 bytes at once"),
        "{reason}"
    );

    // Many small events are within the limit.
    let many = (0..3000)
        .map(|_| delta(&"x".repeat(300)))
        .chain([stop_delta()]);
    assert_eq!(text_of(Answer::pieces(many)).await.len(), 900_000);
}

#[tokio::test]
async fn a_stop_ends_the_call() {
    let server = ModelServer::start().await;
    server.next(Answer::silent_after("so far"));
    server.next(Answer::nothing());
    let agent: Arc<dyn Agent> = agent(settings(&server));

    let mut run = AgentRun::start(&agent, turn("hello"));
    run.said("so far").await;
    run.stop();
    assert_eq!(run.end().await.unwrap().text, "so far");
    server.until_hung_up(1).await;

    let run = AgentRun::start(&agent, turn("hello"));
    server.until_asked(2).await;
    run.stop();
    assert_eq!(run.end().await.unwrap().text, "");
    server.until_hung_up(2).await;
}

#[tokio::test]
async fn a_dropped_turn_ends_the_call() {
    let server = ModelServer::start().await;
    server.next(Answer::silent_after("so far"));
    let mut run = AgentRun::start(&agent(settings(&server)), turn("hello"));
    run.said("so far").await;
    run.abandon().await;
    server.until_hung_up(1).await;
}
