//! The log of the real program: its lines name their message. s88: the log cannot be written, or its reader
//! does not read.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use baton_testkit::skipped::report_skipped;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::program::{Home, Running};
use crate::stream_checks::NOTICE;

/// An agent whose every try fails and is logged, because nothing listens on this port.
const CONFIGURATION: &str = r#"
    [agents.away]
    kind = "openai"
    base_url = "http://127.0.0.1:1/v1"
    model = "m"
    [limits]
    attempts_unavailable = 3
    first_pause_seconds = 0.01
    longest_pause_seconds = 0.01
"#;

/// Checks the usual behaviour with this log. The tries fail, with notices for the first and the last try. A
/// second message is answered afterwards, and the program stops after a signal.
async fn all_goes_on_with_log(log: OwnedFd) {
    let home = Home::with(CONFIGURATION).env("RUST_LOG", "debug");
    let mut baton = Running::launch_logging_to(log, home.command(&["--listen", "127.0.0.1:0"]));
    for (number, id) in ["one", "two"].into_iter().enumerate() {
        baton.post(json!({ "text": "hello", "id": id })).await;
        let told = baton.stream_with_times(NOTICE, 2 * (number + 1)).await;
        assert!(told.contains("Not answered, after 3 tries"), "{told}");
    }
    baton.signal(Signal::SIGTERM);
    assert_eq!(baton.wait().code, Some(0));
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["messages"]["dead"], 2);
}

#[tokio::test]
async fn s88_a_log_on_a_full_device_ends_nothing() {
    let full = File::options().write(true).open("/dev/full").unwrap();
    all_goes_on_with_log(full.into()).await;
}

#[tokio::test]
async fn s88_a_log_whose_reader_left_ends_nothing() {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    all_goes_on_with_log(writer.into()).await;
}

#[tokio::test]
async fn s88_a_log_on_a_closed_terminal_ends_nothing() {
    let terminal = match openpty(None, None) {
        Ok(terminal) => terminal,
        Err(error) => {
            return report_skipped(&format!(
                "this system makes no terminal: {error}; mount devpts on /dev/pts"
            ));
        }
    };
    drop(terminal.master);
    all_goes_on_with_log(terminal.slave).await;
}

#[tokio::test]
async fn s88_nothing_waits_for_a_log_that_nobody_reads() {
    let (_reader, mut writer) = std::io::pipe().unwrap();
    // The pipe is completely full. The program's end of the pipe is blocking.
    let flags = OFlag::from_bits_retain(fcntl(&writer, FcntlArg::F_GETFL).unwrap());
    let set = |flags| fcntl(&writer, FcntlArg::F_SETFL(flags)).unwrap();
    set(flags | OFlag::O_NONBLOCK);
    while (&writer).write(&[b'.'; 4_096]).is_ok() {}
    while (&writer).write(b".").is_ok() {}
    set(flags);
    writer.flush().unwrap();
    all_goes_on_with_log(writer.into()).await;
}

/// Part of the log line about a failed try.
const NO_REPLY: &str = "a turn brought no reply";

/// Starts Baton with these words and an agent that fails, and posts a message with the id `one`. Returns the
/// number of the message and the log.
async fn log_of_failed_message(words: &[&str]) -> (i64, String) {
    let home = Home::with(
        r#"
        [agents.broken]
        kind = "command"
        command = ["false"]
        [personas.broken]
        agent = "broken"
        [channels.web]
        persona = "broken"
        [limits]
        attempts = 1
        "#,
    );
    let baton = home.start_with(&[&["--listen", "127.0.0.1:0"], words].concat());
    let comment = json!({ "text": "a private text", "username": "Adalovelace", "id": "one" });
    let posted = baton.post(comment).await;
    baton.stream_with(&[NOTICE]).await;
    let log = baton.stop(Signal::SIGTERM).err;
    (posted["messageId"].as_i64().unwrap(), log)
}

#[tokio::test]
async fn a_line_about_a_failed_turn_names_its_conversation_and_message() {
    let (message, log) = log_of_failed_message(&["--log", "info"]).await;
    let line = log.lines().find(|line| line.contains(NO_REPLY));
    let line = line.unwrap_or_else(|| panic!("the failure is not in: {log}"));
    let message = format!(" message_id={message} ");
    for part in [
        " turn{turn=",
        " conversation=1 ",
        &message,
        r#" external_id="one" "#,
        " attempt=1}",
    ] {
        assert!(line.contains(part), "{part} is not in: {line}");
    }
    for private in ["a private text", "Adalovelace", "request{"] {
        assert!(!log.contains(private), "{private} is in: {log}");
    }
}

#[tokio::test]
async fn a_json_line_about_a_failed_turn_names_its_conversation_and_message() {
    let (message, log) = log_of_failed_message(&["--log", "info", "--log-format", "json"]).await;
    let mut lines = log
        .lines()
        .map(|line| serde_json::from_str::<Value>(line).unwrap_or_default());
    let line = lines.find(|line| line["fields"]["message"] == NO_REPLY);
    let line = line.unwrap_or_else(|| panic!("the failure is not in: {log}"));
    let span = &line["span"];
    assert_eq!(span["name"], "turn");
    assert_eq!(span["conversation"], 1);
    assert_eq!(span["message_id"], message);
    assert_eq!(span["external_id"], "one");
    assert_eq!(span["attempt"], 1);
}
