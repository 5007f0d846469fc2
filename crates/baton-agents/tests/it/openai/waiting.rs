//! A server says how long to wait, and what no waiting changes.

use std::sync::Arc;
use std::time::Duration;

use baton_agents::OpenAiAgent;
use baton_core::agent::{AgentError, ErrorClass};
use baton_core::clock::Clock;
use baton_testkit::clock::SimClock;
use baton_testkit::model_server::{Answer, ModelServer};
use serde_json::json;

use super::settings;
use crate::answer;

/// What the agent makes of a refusal.
async fn refused(answer_: Answer) -> AgentError {
    let server = ModelServer::start().await;
    server.next(answer_);
    // It stands at 2025-06-15 15:06:40.
    let clock = SimClock::shared();
    assert_eq!(clock.wall().0, 1_750_000_000_000);
    let agent = OpenAiAgent::new(settings(&server), clock).unwrap();
    let agent: Arc<dyn baton_core::agent::Agent> = Arc::new(agent);
    let error = answer(&agent, "hello").await.unwrap_err();
    assert_eq!(server.asked().len(), 1);
    error
}

#[tokio::test]
async fn s103_the_pause_that_a_server_asks_for_is_passed_on() {
    for (value, expected) in [
        ("8", Some(8_000)),
        ("0", Some(0)),
        ("1.5", Some(1_500)),
        (" 8 ", Some(8_000)),
        // By the clock of the server, which is not set back, it is past.
        ("Sun, 15 Jun 2025 15:07:10 GMT", Some(0)),
        ("soon", None),
        ("-8", None),
        ("1e400", None),
        ("", None),
    ] {
        for status in [429, 503] {
            let error = refused(Answer::status(status, "later").retry_after(value)).await;
            assert_eq!(error.class, ErrorClass::Unavailable, "{value}");
            let expected = expected.map(Duration::from_millis);
            assert_eq!(error.retry_after, expected, "{value}");
        }
    }
    for body in [
        json!({"error": {"code": 429, "details": [{"retryDelay": "34s"}]}}),
        json!({"error": {"message": "later", "retry_after": 34}}),
    ] {
        let error = refused(Answer::response(429, "application/json", body.to_string())).await;
        assert_eq!(error.retry_after, Some(Duration::from_secs(34)), "{body}");
    }
}

#[tokio::test]
async fn s103_what_no_waiting_changes_is_not_waited_for() {
    let quota = r#"{"error":{"message":"You exceeded your current quota","type":"insufficient_quota","code":"insufficient_quota"}}"#;
    let model = r#"{"error":{"message":"model \"m\" not found","type":"not_found_error"}}"#;
    for (status, body) in [
        (429, quota),
        (402, "Insufficient Balance"),
        (401, "no"),
        (403, "no"),
        (404, model),
    ] {
        let error = refused(Answer::response(status, "application/json", body)).await;
        assert_eq!(error.class, ErrorClass::Rejected, "{status} {body}");
    }
    // Also where the stream says so.
    let error = r#"{"error":{"code":401,"message":"no"},"choices":[]}"#;
    let error = refused(Answer::pieces([format!("data: {error}\n\n")])).await;
    assert_eq!(error.class, ErrorClass::Rejected);
    let error = r#"{"error":{"code":429,"message":"later"}}"#;
    let error = refused(Answer::response(200, "application/json", error)).await;
    assert_eq!(error.class, ErrorClass::Unavailable);
}
