//! s17: the program is killed while it sends prompts to agents.

use std::fs::OpenOptions;

use baton_testkit::lifeline::Lifeline;
use nix::sys::signal::Signal;
use serde_json::json;

use crate::program::Home;
use crate::stream_checks::REPLY;

/// The default number of kills; `BATON_TEST_KILLS=500` runs for minutes.
const KILLS: usize = 5;
/// The number of turns at the same time.
const ROOMS: usize = 12;
/// The length of the longest message, and the number of its repetitions in the prompt.
const LETTERS: usize = 16_000;
const TIMES: usize = 20;

/// The bytes that an agent reads before its report. The rest of the prompt may still be on the way.
const FIRST: usize = 1_000;

/// An agent that reads to the end, records the number of bytes, and answers when a file exists.
const COUNTS: &str = r#"
    dd bs=1000 count=1 of=/dev/null 2>/dev/null
    echo up >"$1"
    wc -c >>counts
    while [ ! -e go ]; do sleep 0.05; done
    echo "that was all"
"#;

#[tokio::test]
async fn s17_however_it_is_killed_an_agent_reads_its_prompt_to_the_end_or_does_not_run() {
    let kills = std::env::var("BATON_TEST_KILLS").map_or(KILLS, |kills| kills.parse().unwrap());
    let mut line = Lifeline::new();
    // The pipe is also held open here, so that the pipe does not end between two agents.
    let _held = OpenOptions::new().write(true).open(line.path()).unwrap();
    let home = Home::with(&format!(
        r#"
        [agents.counts]
        kind = "command"
        command = ["sh", "counts.sh", "{}"]
        at_once = {ROOMS}
        [personas.counts]
        agent = "counts"
        user_prompt = "{}"
        [channels.web]
        persona = "counts"
        [limits]
        attempts = 1000
        "#,
        line.path().display(),
        "{text}".repeat(TIMES),
    ));
    std::fs::write(home.path().join("counts.sh"), COUNTS).unwrap();
    let mut baton = home.start();
    for room in 0..ROOMS {
        let text = "x".repeat(LETTERS);
        let room = format!("room-{room}");
        baton.post(json!({ "text": text, "domain": room })).await;
    }
    for kill in 0..kills {
        line.held(1 + kill % ROOMS).await;
        baton.stop(Signal::SIGKILL);
        baton = home.start();
    }
    std::fs::write(home.path().join("go"), "").unwrap();
    baton.stream_with_times(REPLY, ROOMS).await;
    let counts = std::fs::read_to_string(home.path().join("counts")).unwrap();
    let counts: Vec<_> = counts.split_whitespace().collect();
    let whole = (LETTERS * TIMES - FIRST).to_string();
    let cut: Vec<_> = counts.iter().filter(|count| **count != whole).collect();
    assert!(
        cut.is_empty(),
        "{} of {} are cut: {cut:?}",
        cut.len(),
        counts.len()
    );
    println!(
        "{kills} kills, {} prompts read, all of them whole",
        counts.len()
    );
}
