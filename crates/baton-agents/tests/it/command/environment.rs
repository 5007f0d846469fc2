//! The environment of a program.

use std::collections::BTreeMap;
use std::process::Command;

use baton_agents::CommandSettings;
use baton_core::agent::Turn;
use baton_testkit::agent_run::{AgentRun, turn};

use super::agent;

/// The environment of a program that answers `turn`.
async fn environment(settings: CommandSettings, turn: Turn) -> BTreeMap<String, String> {
    let run = AgentRun::start(&agent(settings), turn);
    let text = run.end().await.unwrap().text;
    text.lines()
        .filter_map(|line| line.split_once('='))
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .collect()
}

#[tokio::test]
async fn it_learns_which_turn_it_answers() {
    let mut first = turn("hello");
    first.claim.place.address = "a room\0".to_owned();
    let conversation = first.claim.conversation.to_string();
    let found = environment(CommandSettings::new("env"), first).await;
    assert_eq!(found["BATON_CONVERSATION"], conversation);
    assert_eq!(found["BATON_PERSONA"], "baton");
    assert_eq!(found["BATON_PLACE"], "web/default/a room");
    assert_eq!(found["BATON_ATTEMPT"], "1");
    assert!(!found.contains_key("BATON_INTERRUPTED"));

    let mut second = turn("hello");
    second.claim.attempt = 2;
    second.claim.interrupted = true;
    let found = environment(CommandSettings::new("env"), second).await;
    assert_eq!(found["BATON_ATTEMPT"], "2");
    assert_eq!(found["BATON_INTERRUPTED"], "1");
}

#[tokio::test]
async fn it_gets_what_is_configured() {
    let settings = CommandSettings {
        env: BTreeMap::from([
            ("GREETING".to_owned(), "good day".into()),
            ("LANG".to_owned(), "xx".into()),
            ("BATON_PERSONA".to_owned(), "somebody else".into()),
        ]),
        ..CommandSettings::new("env")
    };
    let found = environment(settings, turn("hello")).await;
    assert_eq!(found["GREETING"], "good day");
    assert_eq!(found["LANG"], "xx");
    assert_eq!(found["BATON_PERSONA"], "baton");
}

/// Runs this test again with secrets in the environment. A test must not set variables for its own process.
#[tokio::test]
async fn s78_our_secrets_do_not_reach_it() {
    const SECRET: &str = "BATON_TEST_TOKEN";
    if std::env::var_os(SECRET).is_none() {
        let again = Command::new(std::env::current_exe().unwrap())
            .args([
                "--exact",
                "command::environment::s78_our_secrets_do_not_reach_it",
            ])
            .env(SECRET, "hunter2")
            .env("OPENAI_API_KEY", "hunter2")
            .env("LC_TIME", "C")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&again.stdout);
        assert!(
            again.status.success() && told.contains("1 passed"),
            "{told}"
        );
        return;
    }
    let found = environment(CommandSettings::new("env"), turn("hello")).await;
    assert!(
        !found.values().any(|value| value.contains("hunter2")),
        "{found:?}"
    );
    assert_eq!(found["LC_TIME"], "C");
    assert_eq!(found["PATH"], std::env::var("PATH").unwrap());
    // Some shells set the last variable for every program.
    let known = [
        "PATH", "HOME", "LANG", "TERM", "TZ", "TMPDIR", "USER", "SHELL", "_",
    ];
    for name in found.keys() {
        assert!(
            known.contains(&name.as_str()) || name.starts_with("LC_") || name.starts_with("BATON_"),
            "{name} is none of its business"
        );
    }
}
