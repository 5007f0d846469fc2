//! The end of a turn, if the CLI does not report the end.

use std::sync::Arc;
use std::time::Duration;

use baton_agents::ClaudeSettings;
use baton_core::agent::{Agent, AgentError, Reply};
use baton_testkit::agent_run::{AgentRun, turn, within};
use baton_testkit::clock::SimClock;
use serde_json::{Value, json};
use tokio::signal::unix::{SignalKind, signal};

use super::{StandIn, agent, begins, ends, idle, says, uses};
use crate::{failed, rejected};

/// The time for the CLI to end after an interrupt, and after each signal.
const INTERRUPTED: Duration = Duration::from_millis(400);
const SIGNALLED: Duration = Duration::from_millis(150);

fn timed(settings: ClaudeSettings) -> (Arc<dyn Agent>, Arc<SimClock>) {
    let clock = SimClock::shared();
    (agent(settings, clock.clone()), clock)
}

#[tokio::test]
async fn s07_a_stop_is_told_first_and_then_signalled_more_firmly_each_time() {
    let standing = StandIn::new(&[
        "! trap 'echo INT >>told' INT; trap 'echo TERM >>told' TERM".to_owned(),
        begins(),
        says("Once "),
        "< interrupt".to_owned(),
        says("upon "),
        "! while :; do sleep 1000 & wait; done".to_owned(),
    ]);
    // The tests may run in the background of a script, which ignores this signal, and so would the stand-in. The program
    // handles the signal, and so its children do not ignore it.
    let _handled = signal(SignalKind::interrupt()).unwrap();
    let (agent, clock) = timed(standing.settings());
    let mut run = AgentRun::start(&agent, turn("a story"));
    run.said("Once ").await;
    run.stop();
    // Text after the stop still counts.
    run.said("upon ").await;
    for (pause, signal) in [(INTERRUPTED, "INT\n"), (SIGNALLED, "TERM\n")] {
        within("its pause", run.meanwhile(clock.someone_sleeps(pause))).await;
        assert!(!standing.told().contains(signal));
        clock.advance(pause);
        let signalled = async {
            while !standing.told().contains(signal) {
                tokio::task::yield_now().await;
            }
        };
        within("its signal", run.meanwhile(signalled)).await;
    }
    within(
        "its last pause",
        run.meanwhile(clock.someone_sleeps(SIGNALLED)),
    )
    .await;
    clock.advance(SIGNALLED);
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "Once upon ");
    let told = standing.told();
    let interrupted = told.find(r#""subtype":"interrupt""#).unwrap();
    assert!(interrupted < told.find("INT\n").unwrap(), "{told}");
}

#[tokio::test]
async fn s08_a_cli_that_says_nothing_for_too_long_is_ended() {
    let standing = StandIn::new(&[begins(), says("Once "), "< never".to_owned()]);
    let settings = standing.settings();
    let silence = settings.silence.unwrap();
    let (agent, clock) = timed(settings);
    let mut run = AgentRun::start(&agent, turn("a story"));
    run.said("Once ").await;
    within("the silence", run.meanwhile(clock.someone_sleeps(silence))).await;
    clock.advance(silence);
    let reason = failed(run.end().await);
    assert_eq!(reason, "Claude was silent for 600 s, and was ended");
}

/// A complete message with this `stop_reason`, as the CLI writes it.
fn answers(text: &str, stop_reason: &str) -> String {
    let content = [json!({"type": "text", "text": text})];
    let message =
        json!({"id": "m", "role": "assistant", "content": content, "stop_reason": stop_reason});
    json!({"type": "assistant", "message": message}).to_string()
}

#[tokio::test]
async fn s101_a_whole_answer_of_a_cli_that_ends_without_a_result_is_a_reply() {
    for ends in ["! exit 0", "! exec sleep 0"] {
        let standing = StandIn::new(&[begins(), answers("Tea.", "end_turn"), ends.to_owned()]);
        let end = AgentRun::start(&standing.agent(), turn("go")).end().await;
        let reply = end.unwrap();
        assert_eq!(reply.text, "Tea.");
        assert!(reply.notes.is_empty(), "{:?}", reply.notes);
    }
    // The pieces first, and the end in a separate line.
    let reason = json!({"type": "message_delta", "delta": {"stop_reason": "end_turn"}});
    let reason = json!({"type": "stream_event", "event": reason}).to_string();
    let text = json!({"id": "m", "content": [{"type": "text", "text": "Tea."}]});
    let text = json!({"type": "assistant", "message": text}).to_string();
    let standing = StandIn::new(&[begins(), says("Tea."), text, reason, "! exit 3".to_owned()]);
    let end = AgentRun::start(&standing.agent(), turn("go")).end().await;
    let reply = end.unwrap();
    assert_eq!(reply.text, "Tea.");
    assert!(reply.notes[0].contains("exit code 3"), "{:?}", reply.notes);
}

#[tokio::test]
async fn s101_a_whole_answer_of_a_cli_that_falls_silent_is_a_reply_within_seconds() {
    let standing = StandIn::new(&[
        begins(),
        answers("Tea.", "end_turn"),
        "! trap '' INT TERM; while :; do read -r line || sleep 1000; done".to_owned(),
    ]);
    let (agent, clock) = timed(standing.settings());
    let run = AgentRun::start(&agent, turn("go"));
    let silence = Duration::from_secs(10);
    within("its silence", clock.someone_sleeps(silence)).await;
    clock.advance(silence);
    // Baton asks the CLI to end, and then sends signals.
    for pause in [Duration::from_secs(5), SIGNALLED, SIGNALLED] {
        within("its time to end", clock.someone_sleeps(pause)).await;
        clock.advance(pause);
    }
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "Tea.");
    assert!(reply.notes.is_empty(), "{:?}", reply.notes);
}

#[tokio::test]
async fn s101_the_end_that_a_cli_tells_at_last_is_counted_once() {
    let standing = StandIn::new(&[
        begins(),
        answers("Tea.", "end_turn"),
        idle(),
        ends("Tea."),
        idle(),
    ]);
    let end = AgentRun::start(&standing.agent(), turn("go")).end().await;
    assert_eq!(end.unwrap().text, "Tea.");
}

#[tokio::test]
async fn s101_a_cut_answer_is_never_taken_for_a_whole_one() {
    let cut = [
        vec![says("Step one is done. Step two is ")],
        vec![answers("I look.", "tool_use")],
        vec![
            answers("I look.", "end_turn"),
            uses("t", "Read", &json!({})),
        ],
        vec![answers("I look.", "end_turn"), says("And the")],
    ];
    for lines in cut {
        let script: Vec<_> = [begins()].into_iter().chain(lines).collect();
        let standing = StandIn::new(&script);
        let reason = failed(AgentRun::start(&standing.agent(), turn("go")).end().await);
        assert_eq!(reason, "Claude ended without an answer", "{script:?}");
    }
}

/// The note about an answer cut by the length limit.
const CUT: &str = "The answer is cut short: the model reached its length limit.";

/// The end of a message, with this `stop_reason`.
fn ends_by(text: &str, stop_reason: Option<&str>) -> String {
    let mut end: Value = serde_json::from_str(&ends(text)).unwrap();
    end["stop_reason"] = json!(stop_reason);
    end.to_string()
}

async fn reply_to(lines: Vec<String>) -> Result<Reply, AgentError> {
    let script: Vec<_> = [begins()].into_iter().chain(lines).collect();
    let standing = StandIn::new(&script);
    AgentRun::start(&standing.agent(), turn("go")).end().await
}

#[tokio::test]
async fn s100_an_answer_that_the_length_limit_cut_says_so() {
    const SAID: &str = "Step one is done. Step two is ";
    for lines in [
        vec![ends_by(SAID, Some("max_tokens")), idle()],
        vec![ends_by(SAID, Some("model_context_window_exceeded")), idle()],
        // An older CLI, which gives no reason at the end.
        vec![answers(SAID, "max_tokens"), ends_by(SAID, None), idle()],
        // No report of the end.
        vec![answers(SAID, "max_tokens")],
        vec![answers(SAID, "max_tokens"), idle()],
    ] {
        let reply = reply_to(lines.clone()).await.unwrap();
        assert_eq!(reply.text, SAID, "{lines:?}");
        assert_eq!(reply.notes, [CUT], "{lines:?}");
    }
    for lines in [
        vec![ends_by("Tea.", Some("end_turn")), idle()],
        vec![
            answers("I look.", "max_tokens"),
            answers("Tea.", "end_turn"),
            ends_by("Tea.", Some("end_turn")),
            idle(),
        ],
    ] {
        let reply = reply_to(lines).await.unwrap();
        assert_eq!(reply.notes, [""; 0]);
    }
    let refused = vec![ends_by("I would ", Some("refusal")), idle()];
    let reply = reply_to(refused).await.unwrap();
    assert!(reply.notes[0].contains("filter"), "{:?}", reply.notes);
}

#[tokio::test]
async fn s100_an_answer_whose_cut_the_cli_reports_as_a_failure_is_shown() {
    let words = "API Error: Claude's response exceeded the 32000 output token maximum.";
    let message = json!({"id": "e", "content": [{"type": "text", "text": words}]});
    let error = json!({
        "type": "assistant", "message": message,
        "error": "max_output_tokens", "is_api_error_message": true,
    });
    let end = json!({
        "type": "result", "subtype": "success", "is_error": true, "result": words,
        "stop_reason": "stop_sequence",
    });
    let fails = [error.to_string(), end.to_string(), idle()];
    let lines = [vec![answers("Step one. ", "max_tokens")], fails.to_vec()];
    let reply = reply_to(lines.concat()).await.unwrap();
    assert_eq!(reply.text, "Step one. ");
    assert_eq!(reply.notes, [CUT]);
    // Without any text, another try would end in the same way.
    let reason = rejected(reply_to(fails.to_vec()).await);
    assert_eq!(
        reason,
        "Claude reached its length limit before its first word"
    );
}

#[tokio::test]
async fn what_a_cli_wrote_before_it_went_on_from_a_cut_is_a_part_of_the_reply() {
    let lines = vec![
        answers("Step one. Step", "max_tokens"),
        answers("two is tea.", "end_turn"),
        ends_by("two is tea.", Some("end_turn")),
        idle(),
    ];
    let reply = reply_to(lines).await.unwrap();
    assert_eq!(reply.text, "Step one. Step\n\ntwo is tea.");
    // Text before a tool is no part of the reply.
    let lines = vec![
        answers("I look.", "max_tokens"),
        uses("t", "Read", &json!({})),
        answers("Tea.", "end_turn"),
        ends_by("Tea.", Some("end_turn")),
        idle(),
    ];
    assert_eq!(reply_to(lines).await.unwrap().text, "Tea.");
}

#[tokio::test]
async fn what_is_repeated_behind_a_compaction_is_no_answer() {
    let boundary = json!({"type": "system", "subtype": "compact_boundary"}).to_string();
    let asks = json!({"type": "system", "subtype": "status", "status": "requesting"}).to_string();
    let old = answers("Good morning to you too.", "end_turn");
    let end = |result: &str| {
        let result = json!({"type": "result", "subtype": "success", "result": result});
        result.to_string()
    };
    // A compaction by its own command, without an answer.
    let standing = StandIn::new(&[begins(), boundary.clone(), old.clone(), end(""), idle()]);
    let mut run = AgentRun::start(&standing.agent(), turn("/compact"));
    run.meanwhile(tokio::task::yield_now()).await;
    let (reply, said) = run.end_and_said().await;
    assert_eq!(reply.unwrap().text, "");
    assert_eq!(said, "");
    // A compaction in the middle of a turn, which goes on.
    let standing = StandIn::new(&[
        begins(),
        boundary,
        old,
        asks,
        answers("Tea.", "end_turn"),
        end(""),
        idle(),
    ]);
    let run = AgentRun::start(&standing.agent(), turn("go"));
    let (reply, said) = run.end_and_said().await;
    assert_eq!(reply.unwrap().text, "Tea.");
    assert_eq!(said, "Tea.");
}

#[tokio::test]
async fn a_tool_may_take_its_time() {
    let standing = StandIn::new(&[
        begins(),
        uses("t-1", "Bash", &json!({"command": "make"})),
        "! until [ -e go ]; do sleep 0.02; done".to_owned(),
        ends("done"),
        idle(),
    ]);
    let (agent, clock) = timed(standing.settings());
    let mut run = AgentRun::start(&agent, turn("make it"));
    while run.activities().is_empty() {
        run.meanwhile(tokio::task::yield_now()).await;
    }
    clock.advance(Duration::from_hours(24));
    std::fs::write(standing.path("go"), "").unwrap();
    assert_eq!(run.end().await.unwrap().text, "done");
}

#[tokio::test]
async fn people_may_take_their_time() {
    let standing = StandIn::new(&[
        begins(),
        super::may("r-1", "Write", &json!({"file_path": "one"})),
        "< r-1".to_owned(),
        ends("done"),
        idle(),
    ]);
    let (agent, clock) = timed(standing.settings());
    let mut run = AgentRun::start(&agent, turn("go"));
    let (_, decide) = run.asked().await;
    clock.advance(Duration::from_hours(24));
    run.meanwhile(tokio::task::yield_now()).await;
    decide.send(baton_core::approval::Verdict::Allowed).unwrap();
    assert_eq!(run.end().await.unwrap().text, "done");
}

#[tokio::test]
async fn one_that_does_not_tell_when_it_is_done_is_given_a_while() {
    const WHILE: Duration = Duration::from_secs(2);
    let standing = StandIn::new(&[begins(), ends("done"), "< never".to_owned()]);
    let (agent, clock) = timed(standing.settings());
    let mut run = AgentRun::start(&agent, turn("go"));
    within("a while", run.meanwhile(clock.someone_sleeps(WHILE))).await;
    clock.advance(WHILE);
    // The CLI ends when its input closes.
    assert_eq!(run.end().await.unwrap().text, "done");
}

#[tokio::test]
async fn one_that_does_not_end_when_it_is_done_is_ended() {
    const SAID_ALL: Duration = Duration::from_secs(5);
    let lines = [begins(), ends("done"), idle(), "! sleep 1000".to_owned()];
    let standing = StandIn::new(&lines);
    let (agent, clock) = timed(standing.settings());
    let mut run = AgentRun::start(&agent, turn("go"));
    within("its time", run.meanwhile(clock.someone_sleeps(SAID_ALL))).await;
    clock.advance(SAID_ALL);
    for _ in 0..2 {
        // If the first signal ends the CLI, no second signal follows.
        if run.is_over() {
            break;
        }
        clock.advance(SIGNALLED);
        run.meanwhile(tokio::task::yield_now()).await;
    }
    assert_eq!(run.end().await.unwrap().text, "done");
}

#[tokio::test]
async fn a_cli_that_is_killed_is_a_failure() {
    let standing = StandIn::new(&[begins(), says("Once "), "! kill -9 $$".to_owned()]);
    let run = AgentRun::start(&standing.agent(), turn("a story"));
    let reason = failed(run.end().await);
    assert_eq!(reason, "the program stand_in.sh was ended by signal 9");
}

#[tokio::test]
async fn what_was_answered_before_a_failure_counts() {
    let standing = StandIn::new(&[begins(), ends("done"), begins(), "! exit 3".to_owned()]);
    let run = AgentRun::start(&standing.agent(), turn("go"));
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "done");
    assert!(reply.notes[0].contains("exit code 3"), "{:?}", reply.notes);
}

#[tokio::test]
async fn the_complaints_of_one_that_fails_are_kept_for_operators() {
    let lines = ["! echo 'unknown option --nonsense' >&2; exit 1".to_owned()];
    let standing = StandIn::new(&lines);
    let end = AgentRun::start(&standing.agent(), turn("go")).end().await;
    let error = end.unwrap_err();
    let reason = error.to_string();
    assert!(reason.ends_with("exit code 1"), "{reason}");
    assert_eq!(error.detail.as_deref(), Some("unknown option --nonsense"));
}

#[tokio::test]
async fn one_that_says_what_is_no_stream_without_end_is_ended() {
    let standing = StandIn::new(&["! exec yes".to_owned()]);
    let reason = failed(AgentRun::start(&standing.agent(), turn("go")).end().await);
    assert!(reason.contains("more than the limit"), "{reason}");
}

#[tokio::test]
async fn a_long_prompt_does_not_wait_for_one_that_reads_nothing() {
    let standing = StandIn::new(&[]);
    let script = [begins(), ends("I do not listen"), idle()].join("\n");
    std::fs::write(standing.path("script"), script).unwrap();
    let long = "0123456789".repeat(100_000);
    let run = AgentRun::start(&standing.agent(), turn(&long));
    assert_eq!(run.end().await.unwrap().text, "I do not listen");
}
