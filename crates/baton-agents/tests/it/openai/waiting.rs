//! The pause that a server demands, and the errors for which no pause helps.

use std::sync::Arc;
use std::time::Duration;

use baton_agents::OpenAiAgent;
use baton_core::agent::{AgentError, ErrorClass};
use baton_core::clock::Clock;
use baton_testkit::clock::SimClock;
use baton_testkit::model_server::{Answer, ModelServer, delta, event};
use serde_json::json;

use super::settings;
use crate::answer;

/// The agent's error for a refusal.
async fn refused(answer_: Answer) -> AgentError {
    let server = ModelServer::start().await;
    server.next(answer_);
    // The clock shows 2025-06-15 15:06:40.
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
        // The test server's `Date` header has the real time, so this date is past.
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
}

/// An error within an answer, in each form of a server.
fn in_an_answer(error: &str) -> [Answer; 3] {
    let whole = format!(r#"{{"error":{error},"choices":[]}}"#);
    [
        Answer::pieces([format!("data: {whole}\n\n")]),
        Answer::pieces([format!("error: {error}\n\n")]),
        Answer::response(200, "application/json", whole),
    ]
}

#[tokio::test]
async fn s103_an_error_in_an_answer_is_treated_as_its_status() {
    let rejected = [
        r#"{"code":429,"type":"insufficient_quota","message":"You exceeded your current quota"}"#,
        r#"{"code":"insufficient_quota","message":"You exceeded your current quota"}"#,
        r#"{"code":"insufficient_quota","status":429,"message":"no"}"#,
        r#"{"code":402,"message":"Insufficient Balance"}"#,
        r#"{"code":401,"message":"no"}"#,
        r#"{"code":"400","message":"no"}"#,
        r#"{"type":"authentication_error","message":"no"}"#,
        r#"{"type":"invalid_request_error","code":null,"message":"no"}"#,
    ];
    let unavailable = [
        r#"{"code":429,"message":"later"}"#,
        r#"{"code":502,"message":"later"}"#,
        r#"{"code":529,"message":"later"}"#,
        r#"{"code":"rate_limit_exceeded","message":"later"}"#,
    ];
    let failed = [
        r#"{"code":1302,"message":"no"}"#,
        r#"{"code":null,"type":"server_error","message":"no"}"#,
    ];
    let all = [
        (ErrorClass::Rejected, &rejected[..]),
        (ErrorClass::Unavailable, &unavailable),
        (ErrorClass::Failed, &failed),
    ];
    for (class, errors) in all {
        for error in errors {
            for answer in in_an_answer(error) {
                assert_eq!(refused(answer).await.class, class, "{error}");
            }
        }
    }
    // A failure in the middle of an answer allows only few tries.
    for (code, class) in [
        (500, ErrorClass::Failed),
        (503, ErrorClass::Unavailable),
        (429, ErrorClass::Unavailable),
    ] {
        let error = json!({"error": {"code": code, "message": "no"}}).to_string();
        let answer = Answer::pieces([delta("Step one. "), event(&error)]);
        assert_eq!(refused(answer).await.class, class, "{code}");
    }
}

#[tokio::test]
async fn s103_the_pause_in_an_error_of_an_answer_is_passed_on() {
    for (error, class) in [
        (
            r#"{"code":429,"message":"later","metadata":{"retry_after":30}}"#,
            ErrorClass::Unavailable,
        ),
        (
            r#"{"code":429,"message":"quota","details":[{"retryDelay":"30s"}]}"#,
            ErrorClass::Unavailable,
        ),
        (
            r#"{"code":429,"type":"insufficient_quota","retry_after":30}"#,
            ErrorClass::Unavailable,
        ),
        (
            r#"{"message":"later","metadata":{"retry_after":30}}"#,
            ErrorClass::Failed,
        ),
    ] {
        for answer in in_an_answer(error) {
            let refused = refused(answer).await;
            assert_eq!(refused.class, class, "{error}");
            let pause = Some(Duration::from_secs(30));
            assert_eq!(refused.retry_after, pause, "{error}");
        }
    }
}
