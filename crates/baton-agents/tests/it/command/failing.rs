//! The error messages for people if a program brings no reply.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;

use baton_agents::CommandSettings;
use secrecy::SecretString;

use super::{agent, script};
use crate::{answer, detail, failed, rejected};

#[tokio::test]
async fn an_exit_code_is_told_and_the_last_words_are_for_operators() {
    let script =
        script("echo \"cannot read /srv/private/key.pem: DB_PASSWORD=hunter2\" >&2; exit 3");
    let error = answer(&agent(script), "go").await.unwrap_err();
    assert_eq!(error.to_string(), "the program sh ended with exit code 3");
    let said = "cannot read /srv/private/key.pem: DB_PASSWORD=hunter2";
    assert_eq!(error.detail.as_deref(), Some(said));
}

#[tokio::test]
async fn what_was_written_before_an_exit_code_is_answered_with_that() {
    let reply = answer(&agent(script("echo said; echo why >&2; exit 1")), "go").await;
    let reply = reply.unwrap();
    assert_eq!(reply.text, "said\n");
    let note =
        "The answer may be incomplete: the program sh ended with exit code 1 after the answer.";
    assert_eq!(reply.notes, [note]);
}

#[tokio::test]
async fn a_signal_is_told() {
    let reason = failed(answer(&agent(script("echo so far; kill -9 $$")), "go").await);
    assert_eq!(reason, "the program sh was ended by signal 9");
}

#[tokio::test]
async fn of_long_complaints_the_end_is_kept() {
    let complaint = "yes complaint | head -n 100000 >&2; echo the reason >&2; exit 1";
    let detail = detail(answer(&agent(script(complaint)), "go").await);
    assert!(
        detail.ends_with("complaint complaint the reason"),
        "{detail}"
    );
    assert!(detail.len() <= 4 * 1024, "{detail}");
}

#[tokio::test]
async fn s78_a_secret_is_not_told() {
    let secret = SecretString::from("hunter2-hunter2");
    let settings = CommandSettings {
        env: BTreeMap::from([("TOKEN".to_owned(), secret)]),
        ..script("echo cannot log in with $TOKEN >&2; exit 1")
    };
    assert!(!format!("{settings:?}").contains("hunter2"));
    let detail = detail(answer(&agent(settings), "go").await);
    assert_eq!(detail, "cannot log in with ***");
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
async fn a_script_that_nothing_can_run_is_told_as_that() {
    let folder = tempfile::tempdir().unwrap();
    for (script, told) in [
        ("#!/bin/sh\r\necho hello\r\n", "its lines end as on Windows"),
        (
            "#!/usr/bin/env sh\r\necho hello\r\n",
            "its lines end as on Windows",
        ),
        (
            "#! /no/such/shell -e\necho hello\n",
            "the interpreter in its first line (#!) does not exist",
        ),
    ] {
        let file = folder.path().join("greet");
        std::fs::write(&file, script).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o700)).unwrap();
        let settings = CommandSettings::new(file.to_str().unwrap());
        let reason = rejected(answer(&agent(settings), "go").await);
        let expected = format!("the program greet cannot be run: {told}");
        assert!(reason.starts_with(&expected), "{reason}");
    }
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
