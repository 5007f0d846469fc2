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
/// The agent's default limit of silence after the first text.
const SILENCE: Duration = Duration::from_mins(3);

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
async fn s100_a_reason_with_the_first_text_ends_nothing() {
    let (server, agent, clock) = timed().await;
    let (written, pen) = Answer::driven();
    server.next(written);
    let mut run = AgentRun::start(&agent, turn("hello"));
    pen.raw(ended("Step one is done. Step two is ", "stop"));
    run.said("Step two is ").await;
    within("it waits", clock.someone_sleeps(SILENCE)).await;
    clock.advance(USAGE_WAIT * 2);
    pen.raw(ended("done.", "stop"));
    run.said("done.").await;
    pen.finish();
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "Step one is done. Step two is done.");
}

#[tokio::test]
async fn s100_a_reason_with_the_first_text_is_the_end_where_the_server_ends() {
    let first = || Answer::pieces([ended("Four.", "stop")]);
    failed(made_of(first().then_breaks()).await);
    assert_eq!(text_of(first()).await, "Four.");
    let done = Answer::pieces([ended("Four.", "stop"), event("[DONE]")]);
    assert_eq!(text_of(done.then_stays_open()).await, "Four.");
    // A chunk without text follows.
    let usage = event(r#"{"choices":[],"usage":{"prompt_tokens":7}}"#);
    for last in [usage, stop_delta()] {
        let reply = held_open(|pen| pen.raw([ended("Four.", "stop"), last].concat())).await;
        assert_eq!(reply.text, "Four.");
    }
}

#[tokio::test]
async fn s100_an_error_behind_a_whole_answer_costs_nothing() {
    let error = || event(r#"{"error":{"code":500,"message":"out of slots"}}"#);
    let usage = event(r#"{"choices":[],"usage":{"prompt_tokens":7}}"#);
    for stream in [
        vec![delta("Four."), stop_delta(), error()],
        vec![delta("Fo"), ended("ur.", "stop"), error(), event("[DONE]")],
        vec![ended("Four.", "stop"), usage, error()],
        vec![
            delta("Four."),
            stop_delta(),
            b"error: {\"code\":500}\n\n".to_vec(),
        ],
        vec![delta("Four."), stop_delta(), ended("", "error")],
    ] {
        let reply = made_of(Answer::pieces(stream)).await.unwrap();
        assert_eq!(reply.text, "Four.");
        assert_eq!(reply.notes, [""; 0]);
    }
    let document = |text: &str| json!({"choices": [{"message": {"content": text}}]}).to_string();
    let documents = [document("Four."), r#"{"error":"out of slots"}"#.to_owned()];
    assert_eq!(text_of(Answer::pieces(documents)).await, "Four.");
    // The answer was not complete.
    failed(made_of(Answer::pieces([delta("Step one. "), error()])).await);
    failed(made_of(Answer::pieces([ended("Step one. ", "stop"), error()])).await);
}

#[tokio::test]
async fn s102_what_cannot_be_read_behind_the_end_is_no_hole() {
    for behind in [r#"{"choices":[],"usage":{"prompt_tok"#, r#"{"usage":}"#] {
        for stream in [
            vec![delta("Four."), stop_delta(), event(behind), event("[DONE]")],
            vec![delta("Fo"), ended("ur.", "stop"), event(behind)],
        ] {
            let reply = made_of(Answer::pieces(stream)).await.unwrap();
            assert_eq!(reply.text, "Four.");
            assert_eq!(reply.notes, [""; 0], "{behind}");
        }
    }
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
        ("length", "limit"),
        ("max_tokens", "limit"),
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
async fn s101_a_whole_document_is_shown_though_its_connection_stays_open() {
    let plain = r#"{"choices":[{"message":{"content":"Four."}}]}"#;
    let plain = Answer::response(200, "application/json", plain);
    let pieces = Answer::pieces([
        r#"{"choices":[{"message":{"content":"Fo"#,
        r#"ur."},"finish_reason":"stop"}]"#,
        "}\n",
    ]);
    for answer in [Answer::plain("Four."), plain, pieces] {
        let (server, agent, clock) = timed().await;
        server.next(answer.then_stays_open());
        let run = AgentRun::start(&agent, turn("hello"));
        within("it waits for more", clock.someone_sleeps(USAGE_WAIT)).await;
        clock.advance(USAGE_WAIT);
        assert_eq!(run.end().await.unwrap().text, "Four.");
        server.until_hung_up(1).await;
    }
}

#[tokio::test]
async fn s101_documents_are_read_as_they_come() {
    let (server, agent, clock) = timed().await;
    let pieces = ["Two { ", "\"words\" ] ", "\\"];
    let documents = pieces.map(|piece| {
        let message = json!({"choices": [{"message": {"content": piece}}]});
        format!("{message}\n")
    });
    server.next(Answer::pieces(documents).then_stays_open());
    let mut run = AgentRun::start(&agent, turn("hello"));
    run.said(&pieces.concat()).await;
    within("it waits", clock.someone_sleeps(SILENCE)).await;
    // One of several documents is not known to be the last.
    clock.advance(USAGE_WAIT * 2);
    run.meanwhile(tokio::task::yield_now()).await;
    assert!(!run.is_over());
    clock.advance(SILENCE);
    failed(run.end().await);
}

#[tokio::test]
async fn s100_documents_that_break_off_are_no_answer() {
    let piece = |text: &str| json!({"choices": [{"message": {"content": text}}]}).to_string();
    let second = piece("words.");
    for cut in 1..second.len() {
        let cut = second[..cut].to_owned();
        failed(made_of(Answer::pieces([piece("Two "), cut])).await);
    }
    let whole = [piece("Two "), second];
    assert_eq!(text_of(Answer::pieces(whole)).await, "Two words.");
}

#[tokio::test]
async fn an_error_is_told_though_its_connection_stays_open() {
    let (server, agent, _clock) = timed().await;
    server.next(Answer::status(404, "no such model").then_stays_open());
    let run = AgentRun::start(&agent, turn("hello"));
    let error = run.end().await.unwrap_err();
    assert_eq!(error.detail.as_deref(), Some("no such model"));
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
