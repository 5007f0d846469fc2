//! The end of an answer: a cut answer is never shown as complete, and a complete one is never lost.

use std::time::Duration;

use baton_core::agent::Reply;
use baton_core::turn::Usage;
use baton_testkit::agent_run::{AgentRun, turn, within};
use baton_testkit::model_server::{Answer, Pen, choice, delta, event, stop_delta};
use serde_json::json;

use super::streaming::{made_of, text_of};
use super::timed;
use crate::failed;

/// How long to wait for the token counts.
const USAGE_WAIT: Duration = Duration::from_secs(2);

/// A chunk with a `finish_reason`.
fn ended(text: &str, reason: &str) -> Vec<u8> {
    choice(&json!({"delta": {"content": text}, "finish_reason": reason}))
}

/// The reply to what the pen writes, on a connection that stays open.
async fn held_open(write: impl FnOnce(&Pen)) -> Reply {
    let (server, agent, clock) = timed().await;
    let (written, pen) = Answer::driven();
    server.next(written);
    let run = AgentRun::start(&agent, turn("hello"));
    server.until_asked(1).await;
    write(&pen);
    within("it waits for usage", clock.someone_sleeps(USAGE_WAIT)).await;
    pen.raw(": keep-alive\n\n");
    clock.advance(USAGE_WAIT);
    let reply = run.end().await.unwrap();
    server.until_hung_up(1).await;
    reply
}

#[tokio::test]
async fn s100_a_stream_cut_after_an_empty_reason_is_no_answer() {
    for reason in [json!(""), json!(null), json!(" ")] {
        let piece = json!({"delta": {"content": "Step two is "}, "finish_reason": reason});
        let cut = Answer::pieces([choice(&piece)]).then_breaks();
        failed(made_of(cut).await);
        failed(made_of(Answer::pieces([choice(&piece)])).await);
    }
}

#[tokio::test]
async fn s100_a_reason_with_more_behind_it_was_not_the_last() {
    let stream = [ended("Step one, ", "stop"), ended("step two", "stop")];
    failed(made_of(Answer::pieces(stream.clone()).then_breaks()).await);
    failed(made_of(Answer::pieces([stream[0].clone(), delta("step two")])).await);
    let last = [&stream[..], &[event("[DONE]")]].concat();
    assert_eq!(text_of(Answer::pieces(last)).await, "Step one, step two");
}

#[tokio::test]
async fn s100_such_a_stream_is_not_ended_early() {
    let (server, agent, clock) = timed().await;
    let (written, pen) = Answer::driven();
    server.next(written);
    let mut run = AgentRun::start(&agent, turn("hello"));
    pen.raw(ended("one, ", "stop"));
    pen.raw(ended("two, ", "stop"));
    run.said("two, ").await;
    // Longer than the wait for the token counts.
    clock.advance(USAGE_WAIT * 2);
    pen.raw(ended("three", "stop"));
    run.said("three").await;
    pen.finish();
    assert_eq!(run.end().await.unwrap().text, "one, two, three");
}

#[tokio::test]
async fn s100_an_answer_that_ended_in_an_error_is_no_answer() {
    for reason in ["error", "ERROR", "abort", "internal_error"] {
        let stream = [delta("Step one. "), ended("", reason), event("[DONE]")];
        let told = failed(made_of(Answer::pieces(stream)).await);
        assert!(told.contains("the model server failed"), "{reason}: {told}");
    }
}

#[tokio::test]
async fn s100_an_answer_that_was_cut_short_says_so() {
    for (reason, told) in [
        ("length", "longer"),
        ("max_tokens", "longer"),
        ("content_filter", "filter"),
    ] {
        let stream = [delta("Step one. "), ended("", reason), event("[DONE]")];
        let reply = made_of(Answer::pieces(stream)).await.unwrap();
        assert_eq!(reply.text, "Step one. ");
        assert_eq!(reply.notes.len(), 1, "{reason}");
        assert!(reply.notes[0].contains(told), "{:?}", reply.notes);
        let whole = json!({"choices": [
            {"message": {"content": "Step one."}, "finish_reason": reason},
        ]});
        let whole = Answer::response(200, "application/json", whole.to_string());
        assert_eq!(made_of(whole).await.unwrap().notes, reply.notes);
    }
    let whole = made_of(Answer::text("all of it")).await.unwrap();
    assert!(whole.notes.is_empty(), "{:?}", whole.notes);
}

#[tokio::test]
async fn s101_a_whole_answer_is_shown_though_its_stream_stays_open() {
    let reply = held_open(|pen| {
        pen.say("Four.");
        pen.raw(stop_delta());
    })
    .await;
    assert_eq!(reply.text, "Four.");
}

#[tokio::test]
async fn s101_the_count_of_tokens_that_comes_late_is_kept() {
    let reply = held_open(|pen| {
        pen.say("Four.");
        let usage = event(r#"{"choices":[],"usage":{"prompt_tokens":7,"completion_tokens":2}}"#);
        pen.raw([stop_delta(), usage].concat());
    })
    .await;
    assert_eq!(reply.text, "Four.");
    let used = Usage {
        input_tokens: Some(7),
        output_tokens: Some(2),
        ..Usage::default()
    };
    assert_eq!(reply.usage, used);
}

#[tokio::test]
async fn the_whole_message_at_the_end_takes_the_place_of_the_pieces() {
    let message = |text: &str| json!({"message": {"role": "assistant", "content": text}});
    let last = |text: &str| {
        let mut last = message(text);
        last["finish_reason"] = json!("stop");
        choice(&last)
    };
    let pieces = [delta("Fo"), delta("ur."), last("Four.")];
    assert_eq!(text_of(Answer::pieces(pieces)).await, "Four.");
    // The message replaces the pieces.
    let pieces = [
        delta("Fuor"),
        delta("."),
        choice(&message("Four.")),
        stop_delta(),
    ];
    assert_eq!(text_of(Answer::pieces(pieces)).await, "Four.");
    // Each chunk has the whole text so far beside the new piece.
    let both = |new: &str, all: &str| {
        choice(&json!({"delta": {"content": new}, "message": {"content": all}}))
    };
    let pieces = [both("Fo", "Fo"), both("ur.", "Four."), stop_delta()];
    assert_eq!(text_of(Answer::pieces(pieces)).await, "Four.");
    // Some servers call the pieces `message`.
    let pieces = [message("ha"), message("ha"), message("!")];
    let pieces = pieces.iter().map(choice).chain([stop_delta()]);
    assert_eq!(text_of(Answer::pieces(pieces)).await, "haha!");
    // An empty message removes nothing.
    let pieces = [delta("Four."), last("")];
    assert_eq!(text_of(Answer::pieces(pieces)).await, "Four.");
}
