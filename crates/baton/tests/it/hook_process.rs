//! `baton hook`, as a coding agent runs the program: quick, silent, and with every event on disk.

use std::io::Write;
use std::process::{Output, Stdio};
use std::sync::Arc;

use async_trait::async_trait;
use baton_bridge::bridge_message::{BridgeMessage, HookDecision};
use baton_bridge::event_socket::socket_server::{
    EventKeeper, EventRefusal, KeptMessage, SocketServer,
};
use baton_bridge::event_spool::spool_reader::EventSpool;
use baton_bridge::hook_command::{bridge_folder, hook_report};
use baton_bridge::private_folder::PrivateFolder;
use baton_core::clock::SystemClock;
use serde_json::{Value, json};
use tokio::sync::oneshot;
use tokio_util::sync::CancellationToken;

use crate::program::Home;

/// Runs the hook with an event on standard input.
fn run_hook(home: &Home, words: &[&str], event: &str) -> Output {
    let mut command = home.command(words);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let mut hook = command.spawn().unwrap();
    let mut input = hook.stdin.take().unwrap();
    // The hook may end before it has read everything.
    input.write_all(event.as_bytes()).ok();
    drop(input);
    hook.wait_with_output().unwrap()
}

fn assert_silent(output: &Output) {
    assert!(output.status.success(), "{output:?}");
    assert!(
        output.stdout.is_empty() && output.stderr.is_empty(),
        "{output:?}"
    );
}

fn private_folder(home: &Home) -> PrivateFolder {
    PrivateFolder::open(&bridge_folder(&home.data())).unwrap()
}

fn spooled_events(home: &Home) -> Vec<BridgeMessage> {
    let spool = EventSpool::new(private_folder(home));
    let mut found = Vec::new();
    while let Some(mut events) = spool.take().unwrap() {
        while let Some(message) = events.next_event().unwrap() {
            found.push(message);
        }
        events.remove().unwrap();
    }
    found
}

#[test]
fn s58_without_a_daemon_the_event_waits_on_disk() {
    let home = Home::new();
    let event = json!({ "hook_event_name": "PreToolUse", "session_id": "s1" }).to_string();
    assert_silent(&run_hook(&home, &["hook"], &event));
    let events = spooled_events(&home);
    assert_eq!(events.len(), 1);
    assert_eq!(
        (events[0].session_id.as_str(), &events[0].content),
        ("s1", &event)
    );
    assert_eq!(hook_report::read_report(&private_folder(&home)), None);
}

#[test]
fn a_question_without_a_daemon_is_asked_at_the_terminal() {
    let home = Home::new();
    let event = json!({ "hook_event_name": "PermissionRequest", "session_id": "s1" }).to_string();
    assert_silent(&run_hook(&home, &["hook"], &event));
    assert_eq!(spooled_events(&home).len(), 1);
}

#[test]
fn no_word_on_the_command_line_disturbs_the_agent() {
    let home = Home::new();
    for words in [
        &["hook", "--of-a-later-version"][..],
        &["hook", "--data"],
        &["hook", "-h"],
    ] {
        assert_silent(&run_hook(&home, words, "{}"));
    }
    assert_eq!(spooled_events(&home).len(), 3);
}

#[test]
fn a_folder_that_cannot_be_used_disturbs_nobody() {
    let home = Home::new();
    std::fs::write(home.data(), "a file").unwrap();
    assert_silent(&run_hook(&home, &["hook"], "{}"));
}

/// Keeps each event, and decides all questions at once.
struct QuickDecider(HookDecision);

#[async_trait]
impl EventKeeper for QuickDecider {
    async fn keep_event(&self, message: BridgeMessage) -> Result<KeptMessage, EventRefusal> {
        if message.content.contains("refused") {
            return Err(EventRefusal {
                reason: "the session belongs to nobody".to_owned(),
                retry: false,
            });
        }
        let (decide, decision) = oneshot::channel();
        decide.send(self.0.clone()).unwrap();
        Ok(KeptMessage::Undecided(decision))
    }
}

/// Runs the work beside a socket of the daemon.
fn beside_a_socket(home: &Home, decision: HookDecision, work: impl FnOnce()) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(1)
        .enable_all()
        .build()
        .unwrap();
    let _inside = runtime.enter();
    let folder = PrivateFolder::open_or_create(&bridge_folder(&home.data())).unwrap();
    let server = SocketServer::open(folder).unwrap();
    let end = CancellationToken::new();
    let serving = runtime.spawn(server.serve(
        Arc::new(QuickDecider(decision)),
        SystemClock::shared(),
        end.clone(),
    ));
    work();
    end.cancel();
    runtime.block_on(serving).unwrap();
}

#[test]
fn the_decision_is_the_only_output_and_has_the_whole_input() {
    let home = Home::new();
    let decision = HookDecision {
        output: json!({ "hookSpecificOutput": { "decision": { "updatedInput": null } } }),
        input_pointer: Some("/hookSpecificOutput/decision/updatedInput".to_owned()),
    };
    let long = "x".repeat(3_000_000);
    let event =
        json!({ "hook_event_name": "PermissionRequest", "tool_input": { "content": long } });
    beside_a_socket(&home, decision, || {
        let output = run_hook(&home, &["hook"], &event.to_string());
        assert!(output.status.success() && output.stderr.is_empty());
        let printed: Value = serde_json::from_slice(&output.stdout).unwrap();
        let input = &printed["hookSpecificOutput"]["decision"]["updatedInput"];
        assert_eq!(*input, event["tool_input"]);
    });
}

#[test]
fn an_event_that_is_no_question_prints_no_decision() {
    let home = Home::new();
    let decision = HookDecision {
        output: json!({}),
        input_pointer: None,
    };
    beside_a_socket(&home, decision, || {
        let event = json!({ "hook_event_name": "PreToolUse" }).to_string();
        assert_silent(&run_hook(&home, &["hook"], &event));
    });
    assert!(spooled_events(&home).is_empty());
}

#[test]
fn a_refused_event_is_in_the_report_for_operators() {
    let home = Home::new();
    let decision = HookDecision {
        output: json!({}),
        input_pointer: None,
    };
    beside_a_socket(&home, decision, || {
        assert_silent(&run_hook(&home, &["hook"], "{\"x\":\"refused\"}"));
    });
    let report = hook_report::read_report(&private_folder(&home)).unwrap();
    assert!(
        report.ends_with("the session belongs to nobody"),
        "{report}"
    );
}
