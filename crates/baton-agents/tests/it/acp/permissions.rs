//! What an agent asks before it acts.

use baton_core::activity::ActivityState;
use baton_core::approval::{Verdict, Wants};
use serde_json::json;

use super::told;

fn denied() -> Verdict {
    Verdict::Denied {
        reason: "Denied by ann".to_owned(),
    }
}

#[tokio::test]
async fn people_see_what_it_wants_to_do() {
    let mut run = told("", "/ask a rm -rf build\n/answers");
    let (question, decide) = run.asked().await;
    assert_eq!(question.tool, "execute");
    assert_eq!(question.title, "rm -rf build");
    assert_eq!(question.input, json!({"command": "rm -rf build"}));
    assert_eq!(run.activities()[0].state, ActivityState::Running);
    decide.send(Verdict::Allowed).unwrap();
    run.said("]").await;
    assert!(run.has_effects(), "kept before it is told that it may");
    run.end().await.unwrap();
}

#[tokio::test]
async fn a_decision_becomes_the_option_of_its_kind() {
    for (asks, verdict, answer) in [
        ("/ask", Verdict::Allowed, "option-allow_once"),
        ("/ask", denied(), "option-reject_once"),
        ("/ask-once", Verdict::Allowed, "option-allow_once"),
        ("/ask-once", denied(), "option-reject_once"),
        ("/ask-always", Verdict::Allowed, "option-allow_always"),
        ("/ask-always", denied(), "option-reject_always"),
    ] {
        let mut run = told("", &format!("{asks} a make\n/answers"));
        let (_, decide) = run.asked().await;
        decide.send(verdict).unwrap();
        let reply = run.end().await.unwrap();
        assert_eq!(reply.text, format!("[a: {answer}]"), "{asks}");
    }
}

#[tokio::test]
async fn a_session_is_granted_this_command_and_only_where_the_agent_knows_of_that() {
    for (asks, grant) in [("/ask", Some("execute(make)")), ("/ask-once", None)] {
        let mut run = told("", &format!("{asks} a make\n/answers"));
        let (question, decide) = run.asked().await;
        let grant = grant.map(str::to_owned);
        assert_eq!(question.wants, Wants::Permission { grant });
        decide.send(Verdict::Allowed).unwrap();
        run.end().await.unwrap();
    }
    let mut run = told("", "/ask-always a make\n/answers");
    let (question, _) = run.asked().await;
    assert!(question.title.contains("does not ask again"));
    run.stop();
    run.end().await.unwrap();
}

#[tokio::test]
async fn what_was_denied_is_shown_as_that() {
    let mut run = told("", "/ask a make\n/answers\n/failed a no\n/say .\n/wait");
    let (_, decide) = run.asked().await;
    decide.send(denied()).unwrap();
    run.said(".").await;
    assert_eq!(run.activities()[0].state, ActivityState::Denied);
    run.stop();
    run.end().await.unwrap();
}

#[tokio::test]
async fn several_questions_are_open_at_once() {
    let mut run = told("", "/ask a first\n/ask b second\n/answers");
    let (first, decide_first) = run.asked().await;
    let (second, decide_second) = run.asked().await;
    assert_eq!((&*first.title, &*second.title), ("first", "second"));
    decide_second.send(denied()).unwrap();
    decide_first.send(Verdict::Allowed).unwrap();
    let reply = run.end().await.unwrap();
    let said = "[a: option-allow_once][b: option-reject_once]";
    assert_eq!(reply.text, said);
}

#[tokio::test]
async fn more_questions_than_can_be_open_wait_their_turn() {
    use std::fmt::Write;
    let mut does = String::new();
    for number in 0..100 {
        writeln!(does, "/ask {number} step {number}").unwrap();
    }
    let mut run = told("", &format!("{does}/answers"));
    for number in 0..100 {
        let (question, decide) = run.asked().await;
        assert_eq!(question.title, format!("step {number}"));
        decide.send(Verdict::Allowed).unwrap();
    }
    let reply = run.end().await.unwrap();
    assert!(reply.text.ends_with("[99: option-allow_once]"));
}

#[tokio::test]
async fn a_stop_cancels_what_is_asked() {
    let mut run = told("", "/ask a first\n/ask b second\n/answers\n/wait");
    let (_, first) = run.asked().await;
    let (_, _second) = run.asked().await;
    run.stop();
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "[a: cancelled][b: cancelled]");
    // Whoever decides now decides nothing.
    assert!(first.send(Verdict::Allowed).is_err());
}

#[tokio::test]
async fn an_agent_that_ends_its_turn_for_a_no_has_answered() {
    let mut run = told("", "/ask a make\n/answers\n/end cancelled");
    let (_, decide) = run.asked().await;
    decide.send(denied()).unwrap();
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "[a: option-reject_once]");
    assert_eq!(reply.notes, [""; 0]);
}
