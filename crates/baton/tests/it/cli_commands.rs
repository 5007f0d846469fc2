//! `status`, `trace` and `dead` give the same answers from the running Baton and from its store.

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::program::Home;
use crate::stream_checks::NOTICE;

const ECHO: &str = "[agents.echo]\nkind = \"echo\"\npause_seconds = 0\n";
/// An agent that always fails, with one try for each message.
const FAILING: &str =
    "[agents.no]\nkind = \"command\"\ncommand = [\"false\"]\n[limits]\nattempts = 1\n";

#[tokio::test]
async fn status_and_trace_say_the_same_whether_it_runs_or_not() {
    let home = Home::with(ECHO);
    let nothing = home.run(&["status", "--json"]).json();
    assert_eq!(nothing["received"], 0);
    assert!(!home.data().exists(), "asking leaves nothing behind");

    let baton = home.start();
    let posted = baton
        .post(json!({ "text": "hello", "id": "greeting" }))
        .await;
    baton.stream_with(&["\"replyTo\":\"greeting\""]).await;
    let running = home.run(&["status", "--json"]).json();
    assert_eq!(running["running"]["pid"], baton.pid());
    let trace = home.run(&["trace", "greeting", "--json"]).json();
    let number = posted["messageId"].to_string();
    let by_number = home.run(&["trace", &number, "--json"]).json();
    assert_eq!(trace, by_number);
    assert_eq!(home.run(&["trace", "nothing"]).code, Some(1));

    assert_eq!(baton.stop(Signal::SIGTERM).code, Some(0));
    let stopped = home.run(&["status", "--json"]).json();
    assert_eq!(stopped["running"], Value::Null);
    assert_eq!(stopped["messages"]["answered"], 1);
    for numbers in ["received", "conversations", "messages"] {
        assert_eq!(stopped[numbers], running[numbers]);
    }
    let later = home.run(&["trace", "greeting", "--json"]).json();
    let lines = |trace: &Value| trace["lines"].as_array().unwrap().clone();
    assert!(lines(&later).starts_with(&lines(&trace)));
    assert_eq!(home.run(&["trace", "nothing"]).code, Some(1));
    let words = home.run(&["trace", "greeting"]).out;
    assert!(words.contains("received"), "{words}");
}

#[tokio::test]
async fn a_dead_message_is_listed_replayed_and_dropped() {
    let home = Home::with(FAILING);
    let baton = home.start();
    baton
        .post(json!({ "text": "will fail", "id": "first" }))
        .await;
    baton.stream_with_times(NOTICE, 1).await;

    let list = || home.run(&["dead", "list", "--json"]).json()["dead"].clone();
    let dead = list();
    assert_eq!(dead[0]["text"], "will fail");
    let number = dead[0]["id"].to_string();
    let replayed = home.run(&["dead", "replay", &number, "--json"]).json();
    assert_eq!(replayed["subject"], "message");
    // The message fails again, with another notice.
    let notices = baton.stream_with_times(NOTICE, 2).await;
    assert_eq!(
        notices.matches("Not answered, after one try").count(),
        4,
        "text and HTML of both"
    );
    let again = home.run(&["trace", &number]).out;
    assert!(
        again.contains("local"),
        "who replayed it is not told: {again}"
    );
    baton.stop(Signal::SIGTERM);

    // The same commands without a running Baton.
    assert_eq!(list(), dead);
    let replayed = home.run(&["dead", "replay", &number]);
    assert_eq!(replayed.code, Some(0), "{}", replayed.err);
    assert_eq!(list(), json!([]));
    assert_eq!(
        home.run(&["dead", "drop", &number]).code,
        Some(1),
        "it waits now"
    );
    assert_eq!(
        home.run(&["dead", "drop", "4711"]).code,
        Some(1),
        "there is none"
    );

    // The next Baton answers a message that was replayed while no Baton ran.
    let baton = home.start();
    baton.stream_with_times(NOTICE, 3).await;
    let dropped = home.run(&["dead", "drop", &number]);
    assert_eq!(dropped.code, Some(0), "{}", dropped.err);
    assert_eq!(list(), json!([]));
}

#[test]
fn a_wrong_command_line_is_told() {
    let home = Home::new();
    for words in [
        vec!["stat"],
        vec!["trace"],
        vec!["--listen", "here"],
        vec!["dead", "drop", "x"],
    ] {
        let refused = home.run(&words);
        assert_eq!(refused.code, Some(2), "{words:?}");
        assert!(refused.err.contains("--help"), "{}", refused.err);
    }
    assert_eq!(home.run(&["--version"]).code, Some(0));
}
