//! What people are told when an agent brings no reply.

use std::collections::BTreeMap;

use baton_agents::AcpSettings;
use baton_core::id::TurnId;
use secrecy::SecretString;

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
    assert_eq!(reason, "the agent acp_agent ended before it had answered");
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

#[tokio::test]
async fn whoever_must_sign_in_first_is_told_how() {
    for words in ["--sign-in", "--sign-in-late"] {
        let error = told(words, "go").end().await.unwrap_err();
        let reason = error.to_string();
        assert!(reason.contains("sign in first"), "{reason}");
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
        ("max_tokens", "limit of tokens"),
        ("max_turn_requests", "it is not done"),
        ("refusal", "refused to go on"),
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
