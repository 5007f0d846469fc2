//! Stops during a turn, and with a connected reader.

use std::io::Read;

use baton_testkit::agent_run::within;
use nix::sys::signal::Signal;
use nix::sys::stat::Mode;
use nix::unistd::mkfifo;
use serde_json::json;
use tokio::sync::oneshot::{self, Receiver};

use crate::program::{Home, client};

/// An agent that reports its start, and then waits until a file exists.
fn waiting(limits: &str) -> Home {
    let script = "printf begun; while [ ! -e go ]; do sleep 0.02; done; printf ' and done'";
    let agent =
        format!("[agents.slow]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"{script}\"]\n");
    Home::with(&format!("{agent}[limits]\n{limits}\n"))
}

/// Runs blocking work on a separate thread. The test does not wait for an endless thread.
fn apart<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Receiver<T> {
    let (done, result) = oneshot::channel();
    std::thread::spawn(move || done.send(work()));
    result
}

#[tokio::test]
async fn s81_sigterm_lets_a_running_turn_end() {
    let home = waiting("shutdown_grace_seconds = 60");
    let mut baton = home.start();
    baton.post(json!({ "text": "go", "id": "one" })).await;
    baton.stream_with(&["begun"]).await;
    baton.post(json!({ "text": "go", "id": "two" })).await;
    baton.signal(Signal::SIGTERM);
    std::fs::write(home.path().join("go"), "").unwrap();
    let done = baton.wait();
    assert_eq!(done.code, Some(0), "{}", done.err);

    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], 2);
    let messages = &status["messages"];
    // The first turn ended. The second message waits, or its turn had begun before the signal.
    assert_eq!(messages["running"], 0);
    let baton = home.start();
    baton
        .stream_with(&["\"replyTo\":\"one\"", "\"replyTo\":\"two\""])
        .await;
}

#[tokio::test]
async fn s81_what_does_not_end_is_run_again_at_the_next_start() {
    let home = waiting("shutdown_grace_seconds = 0");
    let baton = home.start();
    baton.post(json!({ "text": "go", "id": "one" })).await;
    baton.stream_with(&["begun"]).await;
    let done = baton.stop(Signal::SIGTERM);
    assert_eq!(done.code, Some(0), "{}", done.err);
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["messages"]["waiting"], 1);

    std::fs::write(home.path().join("go"), "").unwrap();
    let baton = home.start();
    let told = baton.stream_with(&["\"replyTo\":\"one\""]).await;
    assert!(told.contains("begun and done"), "{told}");
}

#[tokio::test]
async fn a_second_signal_stops_at_once() {
    let home = waiting("shutdown_grace_seconds = 86400");
    let mut baton = home.start();
    baton.post(json!({ "text": "go", "id": "one" })).await;
    baton.stream_with(&["begun"]).await;
    baton.signal(Signal::SIGINT);
    // Baton announces the stop. Without a second signal, this turn would run for a day.
    let stopping = baton.next_line();
    assert_eq!(stopping["stopping_seconds"], 86_400.0);
    baton.signal(Signal::SIGINT);
    assert_eq!(baton.wait().code, Some(1));
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], 1);
}

#[tokio::test]
async fn a_second_signal_leaves_no_child_of_an_agent() {
    // The program and its child hold the pipe open during their whole life, and ignore the signals TERM, INT
    // and HUP.
    let script = "trap '' TERM INT HUP; exec 3>alive; sleep 86400 & printf begun; wait";
    for signal in [Signal::SIGINT, Signal::SIGTERM] {
        let home = Home::with(&format!(
            "[agents.stubborn]\nkind = \"command\"\ncommand = [\"sh\", \"-c\", \"{script}\"]\n\
             [limits]\nshutdown_grace_seconds = 86400\n"
        ));
        let alive = home.path().join("alive");
        mkfifo(&alive, Mode::S_IRUSR | Mode::S_IWUSR).unwrap();
        let open = alive.clone();
        let opened = apart(move || std::fs::File::open(open).unwrap());
        let mut baton = home.start();
        baton.post(json!({ "text": "go", "id": "one" })).await;
        let mut alive = within("the program begins", opened).await.unwrap();
        baton.stream_with(&["begun"]).await;
        baton.signal(signal);
        assert_eq!(baton.next_line()["stopping_seconds"], 86_400.0);
        baton.signal(signal);
        assert_eq!(baton.wait().code, Some(1));
        // The pipe ends when no process holds it any more.
        let ended = apart(move || alive.read_to_end(&mut Vec::new()));
        within("no child is left", ended).await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn a_reader_does_not_hold_it_up() {
    let home = Home::with("[agents.echo]\nkind = \"echo\"\n");
    let baton = home.start();
    let mut stream = client().get(baton.url("/api/stream")).send().await.unwrap();
    assert!(stream.chunk().await.unwrap().is_some());
    let done = baton.stop(Signal::SIGTERM);
    assert_eq!(done.code, Some(0), "{}", done.err);
    while let Ok(Some(_)) = stream.chunk().await {}
}
