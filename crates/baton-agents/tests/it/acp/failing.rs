//! Messages to people about a missing reply.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_agents::AcpSettings;
use baton_core::agent::{AgentError, ErrorClass};
use baton_core::id::TurnId;
use secrecy::SecretString;
use serde_json::json;

use super::{agent, settings, told};
use crate::captured_log::{captured_log, start_capture};
use crate::{answer, detail, failed, rejected};

#[tokio::test]
async fn an_agent_that_dies_is_told_by_how_it_ended() {
    let reason = failed(
        told("", "/say so\n/complain in /home/me\n/die 3")
            .end()
            .await,
    );
    assert_eq!(reason, "the program acp_agent ended with exit code 3");
    let reason = failed(told("", "/die 0").end().await);
    assert_eq!(reason, "the agent acp_agent ended before its answer");
}

#[tokio::test]
async fn a_program_that_is_no_agent_is_told_as_that() {
    let yes = AcpSettings {
        program: "yes".to_owned(),
        ..settings("")
    };
    let reason = failed(answer(&agent(yes), "go").await);
    assert!(
        reason.contains("does not speak the Agent Client"),
        "{reason}"
    );
    let echoes = AcpSettings {
        program: "cat".to_owned(),
        ..settings("")
    };
    let detail = detail(answer(&agent(echoes), "go").await);
    assert!(detail.contains("Method not found"), "{detail}");
    let ends = AcpSettings {
        program: "false".to_owned(),
        ..settings("")
    };
    let reason = failed(answer(&agent(ends), "go").await);
    assert_eq!(reason, "the program false ended with exit code 1");
}

#[tokio::test]
async fn a_few_lines_that_are_no_message_do_no_harm_and_many_end_it() {
    let reply = told("", "/garbage 5\n/say all the same").end().await;
    assert_eq!(reply.unwrap().text, "all the same");
    let reason = failed(told("", "/garbage 500\n/hang").end().await);
    assert!(
        reason.contains("does not speak the Agent Client"),
        "{reason}"
    );
}

#[tokio::test]
async fn what_is_too_long_ends_it() {
    let short = || AcpSettings {
        line_limit: 10_000,
        reply_limit: 5_000,
        ..settings("")
    };
    let reason = failed(answer(&agent(short()), "/long-line 20000\n/hang").await);
    assert!(
        reason.contains("a line of more than 10000 bytes"),
        "{reason}"
    );
    let long = "very ".repeat(2_000);
    let reason = failed(answer(&agent(short()), &long).await);
    assert!(
        reason.contains("a reply of more than 5000 bytes"),
        "{reason}"
    );
}

#[tokio::test]
async fn s78_its_error_is_for_operators_and_without_secrets() {
    let secret = SecretString::from("hunter2-hunter2");
    let settings = AcpSettings {
        env: BTreeMap::from([("TOKEN".to_owned(), secret)]),
        ..settings("")
    };
    let does = "/complain in /home/me\n/error the logged key hunter2-hunter2 is wrong";
    let error = answer(&agent(settings), does).await.unwrap_err();
    assert_eq!(
        error.to_string(),
        "the agent acp_agent answered with an error"
    );
    let told = "Internal error: the logged key *** is wrong";
    let detail = error.detail.clone().unwrap();
    assert!(detail.starts_with(told), "{detail}");
    assert!(detail.contains("in /home/me"), "{detail}");
    start_capture();
    error.log(TurnId(1), &[], 1);
    let log = captured_log();
    assert!(log.contains("the logged key *** is wrong"), "{log}");
    assert!(!log.contains("hunter2"), "{log}");
}

/// The error of a turn, if the agent answers its prompt with this error.
async fn ends_with(error: serde_json::Value) -> AgentError {
    told("", &format!("/error-as {error}"))
        .end()
        .await
        .unwrap_err()
}

#[tokio::test]
async fn what_the_models_server_will_never_take_is_asked_once() {
    for error in [
        json!({"code": -32603, "message": "Internal error: API Error: 400 {\"type\":\"error\"}"}),
        json!({"code": 400, "message": "Bad request"}),
        json!({"code": -32603, "message": "Internal error", "data": {"details": "API Error: 404 no such model"}}),
        json!({"code": -32603, "message": "Internal error", "data": {"errorKind": "invalid_request"}}),
        json!({"code": -32603, "message": "x", "data": {"codexErrorInfo": "badRequest"}}),
        json!({"code": -32603, "message": "x", "data": {"codexErrorInfo": {"httpConnectionFailed": {"httpStatusCode": 401}}}}),
        json!({"code": 429, "message": "x", "data": {"error": {"code": "insufficient_quota"}}}),
    ] {
        let told = ends_with(error.clone()).await;
        assert_eq!(told.class, ErrorClass::Rejected, "{error}");
        assert_eq!(told.retry_after, None, "{error}");
    }
}

#[tokio::test]
async fn a_models_server_that_is_busy_is_waited_for_as_long_as_it_says() {
    let seconds = Duration::from_secs_f64;
    for (error, pause) in [
        (
            json!({"code": 429, "message": "Rate limit exceeded. Try again later."}),
            None,
        ),
        (json!({"code": 503, "message": "x"}), None),
        (
            json!({"code": -32603, "message": "API Error: 529 overloaded"}),
            None,
        ),
        (
            json!({"code": -32603, "message": "x", "data": {"errorKind": "rate_limit"}}),
            None,
        ),
        (
            json!({"code": 429, "message": "x", "data": {"retryAfter": 8}}),
            Some(seconds(8.0)),
        ),
        (
            json!({"code": 429, "message": "x", "data": {"retryAfterMs": 1500}}),
            Some(seconds(1.5)),
        ),
        (
            json!({"code": 429, "message": "{\"error\":{\"details\":[{\"retryDelay\":\"34.5s\"}]}}"}),
            Some(seconds(34.5)),
        ),
        (
            json!({"code": 429, "message": "Please retry in 2 minutes."}),
            Some(seconds(120.0)),
        ),
        (
            json!({"code": 429, "message": "Try again in 20s."}),
            Some(seconds(20.0)),
        ),
        (
            json!({"code": 429, "message": "x", "data": {"retry_after": 1e300}}),
            None,
        ),
        (
            json!({"code": 429, "message": "x", "data": {"retry_after": 999_999_999}}),
            Some(seconds(86_400.0)),
        ),
    ] {
        let told = ends_with(error.clone()).await;
        assert_eq!(
            (told.class, told.retry_after),
            (ErrorClass::Unavailable, pause),
            "{error}"
        );
    }
}

#[tokio::test]
async fn an_error_that_says_nothing_of_its_kind_is_tried_again_a_few_times() {
    for error in [
        json!({"code": -32603, "message": "Internal error"}),
        json!({"code": -32602, "message": "there are 404 files", "data": {"details": "in 500 folders"}}),
        json!({"code": 413, "message": "too large"}),
        json!({"code": -32603, "message": "x", "data": [[[[[[[[{"status": 400}]]]]]]]]}),
    ] {
        assert_eq!(
            ends_with(error.clone()).await.class,
            ErrorClass::Failed,
            "{error}"
        );
    }
}

#[tokio::test]
async fn whoever_must_sign_in_first_is_told_how() {
    for words in ["--sign-in", "--sign-in-late"] {
        let error = told(words, "go").end().await.unwrap_err();
        let reason = error.to_string();
        assert!(reason.contains("needs a sign-in"), "{reason}");
        assert!(reason.contains("`secrets`"), "{reason}");
        let detail = error.detail.unwrap();
        assert!(detail.contains("A key: set TEST_KEY"), "{detail}");
    }
}

#[tokio::test]
async fn another_version_of_the_protocol_is_told() {
    let error = told("--version 2", "go").end().await.unwrap_err();
    let reason = error.to_string();
    assert!(reason.contains("speaks another version"), "{reason}");
    assert_eq!(error.detail.as_deref(), Some("version 2"));
}

#[tokio::test]
async fn why_it_ended_is_told() {
    for (end, note) in [
        ("max_tokens", "token limit"),
        ("max_turn_requests", "the work is not done"),
        ("refusal", "refused to continue"),
        ("bored", "does not know"),
    ] {
        let reply = told("", &format!("/say text\n/end {end}")).end().await;
        let reply = reply.unwrap();
        assert_eq!(reply.text, "text");
        assert!(reply.notes[0].contains(note), "{end}: {:?}", reply.notes);
    }
    let reason = rejected(told("", "/end refusal").end().await);
    assert_eq!(reason, "the agent acp_agent refused to answer this");
    let reason = failed(told("", "/say text\n/end cancelled").end().await);
    assert_eq!(reason, "the agent acp_agent ended the turn by itself");
}

#[tokio::test]
async fn what_is_not_there_is_told() {
    let program = AcpSettings {
        program: "/nowhere/agent".to_owned(),
        ..settings("")
    };
    let reason = rejected(answer(&agent(program), "go").await);
    assert!(
        reason.contains("the program agent was not found"),
        "{reason}"
    );
    let directory = AcpSettings {
        directory: Some("/nowhere".into()),
        ..settings("")
    };
    let reason = rejected(answer(&agent(directory), "go").await);
    assert!(reason.contains("working directory"), "{reason}");
}
