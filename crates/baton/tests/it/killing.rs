//! The process is killed without warning, under load, several times.

use std::collections::BTreeMap;

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use crate::program::Home;

/// An agent that answers nothing before a file is there. More tries than the process is killed, or
/// a message that runs each time would be given up, as it should be.
const CONFIGURATION: &str = r#"
    [agents.gate]
    kind = "command"
    command = ["sh", "-c", "while [ ! -e go ]; do sleep 0.02; done; cat"]
    [limits]
    attempts = 10
"#;
/// What marks a comment that is a reply.
const REPLY: &str = "\"message-type\":\"AI\"";

#[tokio::test]
async fn s80_killed_during_200_turns_every_message_is_answered_once_and_in_order() {
    const ROOMS: usize = 10;
    const MESSAGES: usize = 200;
    let home = Home::with(CONFIGURATION);
    let mut baton = home.start();
    for number in 0..MESSAGES {
        let room = format!("room-{}", number % ROOMS);
        let text = format!("message number {number}, in several words");
        baton
            .post(json!({ "text": text, "domain": room, "id": format!("m{number}") }))
            .await;
    }
    baton.stop(Signal::SIGKILL);
    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], MESSAGES);
    assert_eq!(status["messages"]["answered"], 0);
    baton = home.start();
    std::fs::write(home.path().join("go"), "").unwrap();
    for _ in 0..3 {
        let replies = baton.told_times(REPLY, 1).await.matches(REPLY).count();
        baton.told_times(REPLY, (replies + 20).min(MESSAGES)).await;
        let killed = baton.stop(Signal::SIGKILL);
        assert_eq!(killed.code, None, "it ended by itself: {}", killed.err);
        baton = home.start();
    }
    let told = baton.told_times(REPLY, MESSAGES).await;

    let mut asked = BTreeMap::<String, Vec<String>>::new();
    let mut answered = asked.clone();
    for line in told.lines().filter_map(|line| line.strip_prefix("data:")) {
        let Ok(comment) = serde_json::from_str::<Value>(line) else {
            continue;
        };
        let word = |key: &str| comment[key].as_str().unwrap_or_default().to_owned();
        match comment["message-type"].as_str() {
            Some("AI") => answered
                .entry(word("domain"))
                .or_default()
                .push(word("replyTo")),
            Some("human") => asked.entry(word("domain")).or_default().push(word("id")),
            _ => {}
        }
    }
    assert_eq!(asked.values().map(Vec::len).sum::<usize>(), MESSAGES);
    assert_eq!(answered, asked, "each once, and in order in each room");

    let status = home.run(&["status", "--json"]).json();
    assert_eq!(status["received"], MESSAGES);
    assert_eq!(status["messages"]["answered"], MESSAGES);
    assert_eq!(status["deliveries"]["sent"], MESSAGES);
}
