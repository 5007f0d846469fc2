//! The limits and signals of the system.

use std::path::{Path, PathBuf};
use std::process::Command;

use nix::sys::signal::Signal;
use reqwest::StatusCode;
use serde_json::json;

use crate::program::{Home, Running, client};
use crate::stream_checks::REPLY;

const ON_A_FREE_PORT: [&str; 2] = ["--listen", "127.0.0.1:0"];

/// An agent that begins, and ends when a file exists.
const GATE: &str = r#"
    [agents.gate]
    kind = "command"
    command = ["sh", "-c", "printf begun; while [ ! -e go ]; do sleep 0.02; done; printf ' and done'"]
    [limits]
    shutdown_grace_seconds = 60
"#;

#[tokio::test]
async fn the_end_of_the_terminal_lets_a_running_turn_end() {
    let home = Home::with(GATE);
    let mut baton = home.start();
    baton.post(json!({ "text": "go", "id": "one" })).await;
    baton.stream_with(&["begun"]).await;
    baton.signal(Signal::SIGHUP);
    assert_eq!(baton.next_line()["stopping_seconds"], 60.0);
    // A closing terminal sends SIGHUP twice: from the shell and from the system.
    baton.signal(Signal::SIGHUP);
    std::fs::write(home.path().join("go"), "").unwrap();
    let done = baton.wait();
    assert_eq!(done.code, Some(0), "{}", done.err);
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["messages"]["answered"], 1);
}

#[tokio::test]
async fn begun_with_nohup_it_minds_no_end_of_the_terminal() {
    let home = Home::with(GATE);
    std::fs::write(home.path().join("go"), "").unwrap();
    let baton = Running::launch(home.command_after("trap '' HUP", &ON_A_FREE_PORT));
    baton.signal(Signal::SIGHUP);
    baton.post(json!({ "text": "go" })).await;
    baton.stream_with_times(REPLY, 1).await;
    let done = baton.stop(Signal::SIGTERM);
    assert_eq!(done.code, Some(0), "{}", done.err);
    assert!(done.out.contains("stopping_seconds"), "{}", done.out);
}

#[tokio::test]
async fn a_file_that_may_not_grow_is_as_a_full_disk() {
    let home = Home::with("[agents.echo]\nkind = \"echo\"\npause_seconds = 0\n");
    // The limit counts blocks of 512 or 1,024 bytes.
    let baton = Running::launch(home.command_after("ulimit -f 2048", &ON_A_FREE_PORT));
    let text = "and so on ".repeat(800);
    let mut kept = 0;
    loop {
        assert!(kept < 1_000, "the file may grow");
        let comment = json!({ "text": text, "domain": format!("room-{kept}") });
        let url = baton.url("/api/comments");
        let answer = client().post(url).json(&comment).send().await.unwrap();
        match answer.status() {
            StatusCode::CREATED => kept += 1,
            status => break assert_eq!(status, StatusCode::SERVICE_UNAVAILABLE),
        }
    }
    let health = client().get(baton.url("/healthz")).send().await.unwrap();
    assert_eq!(health.status(), StatusCode::OK);
    let done = baton.stop(Signal::SIGTERM);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], kept);
}

/// `Max open files` of a process: the soft limit and the hard limit.
fn open_files(pid: u32) -> (u64, u64) {
    let limits = std::fs::read_to_string(format!("/proc/{pid}/limits")).unwrap();
    let line = limits
        .lines()
        .find_map(|line| line.strip_prefix("Max open files"));
    let mut numbers = line
        .unwrap()
        .split_whitespace()
        .map(|it| it.parse().unwrap());
    (numbers.next().unwrap(), numbers.next().unwrap())
}

#[tokio::test]
async fn it_may_open_as_many_files_as_the_system_allows_and_its_agents_as_many_as_is_usual() {
    let home = Home::with(
        "[agents.limits]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"ulimit -Sn; ulimit -Hn\"]\n",
    );
    let few = "ulimit -Sn 200; ulimit -Hn 1000";
    let baton = Running::launch(home.command_after(few, &ON_A_FREE_PORT));
    assert_eq!(open_files(baton.pid()), (1_000, 1_000));
    baton.post(json!({ "text": "how many?" })).await;
    let told = baton.stream_with_times(REPLY, 1).await;
    assert!(told.contains(r"200\n1000"), "{told}");
}

/// A library that shifts the calendar of a program by some seconds.
fn wrong_calendar(folder: &Path) -> PathBuf {
    const SOURCE: &str = r#"
        #define _GNU_SOURCE
        #include <stdlib.h>
        #include <sys/syscall.h>
        #include <time.h>
        #include <unistd.h>
        int clock_gettime(clockid_t id, struct timespec *time) {
            int failed = syscall(SYS_clock_gettime, id, time);
            const char *by = getenv("CALENDAR_BY");
            if (!failed && id == CLOCK_REALTIME && by) time->tv_sec += atoll(by);
            return failed;
        }
    "#;
    let (source, library) = (folder.join("calendar.c"), folder.join("calendar.so"));
    std::fs::write(&source, SOURCE).unwrap();
    let made = Command::new("cc")
        .args(["-shared", "-fPIC", "-o"])
        .args([&library, &source])
        .status();
    assert!(made.unwrap().success());
    library
}

#[test]
fn a_calendar_before_1970_is_told_at_the_start() {
    let home = Home::new();
    let library = wrong_calendar(home.path());
    let mut command = home.command(&ON_A_FREE_PORT);
    command
        .env("LD_PRELOAD", library)
        .env("CALENDAR_BY", "-9000000000");
    let refused = crate::program::Done::from(command.output().unwrap());
    assert_eq!(refused.code, Some(1), "{}", refused.err);
    assert!(refused.err.contains("before 1970"), "{}", refused.err);
}
