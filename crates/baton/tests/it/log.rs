//! s88, with the real program: the log cannot be written, or its reader does not read.

use std::fs::File;
use std::io::Write;
use std::os::fd::OwnedFd;

use baton_testkit::skipped::report_skipped;
use nix::fcntl::{FcntlArg, OFlag, fcntl};
use nix::pty::openpty;
use nix::sys::signal::Signal;
use serde_json::json;

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
