//! What people are told when a program brings no reply.

use std::collections::BTreeMap;

use baton_agents::CommandSettings;
use secrecy::SecretString;

use super::{agent, script};
use crate::{answer, failed, rejected};

#[tokio::test]
async fn an_exit_code_is_told_with_the_last_words() {
    let reason = failed(answer(&agent(script("echo said; echo why >&2; exit 3")), "go").await);
    assert_eq!(reason, "the program sh ended with exit code 3: why");
    let reason = failed(answer(&agent(script("exit 4")), "go").await);
    assert_eq!(reason, "the program sh ended with exit code 4");
}

#[tokio::test]
async fn a_signal_is_told() {
    let reason = failed(answer(&agent(script("kill -9 $$")), "go").await);
    assert_eq!(reason, "the program sh was ended by signal 9");
}

#[tokio::test]
async fn the_end_of_long_complaints_is_told() {
    let complaint = "yes complaint | head -n 100000 >&2; echo the reason >&2; exit 1";
    let reason = failed(answer(&agent(script(complaint)), "go").await);
    assert!(
        reason.ends_with("complaint complaint the reason"),
        "{reason}"
    );
    assert!(reason.chars().count() < 400, "{reason}");
}

#[tokio::test]
async fn s78_a_secret_is_not_told() {
    let secret = SecretString::from("hunter2-hunter2");
    let settings = CommandSettings {
        env: BTreeMap::from([("TOKEN".to_owned(), secret)]),
        ..script("echo cannot log in with $TOKEN >&2; exit 1")
    };
    assert!(!format!("{settings:?}").contains("hunter2"));
    let reason = failed(answer(&agent(settings), "go").await);
    assert_eq!(
        reason,
        "the program sh ended with exit code 1: cannot log in with ***"
    );
}

#[tokio::test]
async fn a_program_that_is_not_there_is_named() {
    for program in ["no-such-program", "/nowhere/no-such-program"] {
        let reason = rejected(answer(&agent(CommandSettings::new(program)), "go").await);
        assert_eq!(
            reason,
            "the program no-such-program was not found; install it, or correct the agent's \
             configuration"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_no_program_is_named() {
    let file = tempfile::NamedTempFile::new().unwrap();
    let settings = CommandSettings::new(file.path().to_str().unwrap());
    let reason = rejected(answer(&agent(settings), "go").await);
    assert!(
        reason.ends_with("may not be run; make it executable for this user"),
        "{reason}"
    );
    assert!(!reason.contains('/'), "no path is told: {reason}");
}

#[tokio::test]
async fn a_directory_that_is_not_there_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let settings = CommandSettings {
        directory: Some(directory.path().join("gone")),
        ..script("pwd")
    };
    let reason = rejected(answer(&agent(settings), "go").await);
    assert!(reason.contains("working directory"), "{reason}");
}
