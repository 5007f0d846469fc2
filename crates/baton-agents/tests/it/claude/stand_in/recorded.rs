//! Recorded situations, as people see them.

use baton_core::activity::ActivityState;
use baton_core::agent::{AgentError, ErrorClass, Reply};
use baton_core::turn::SessionChange;
use baton_testkit::agent_contract::{Pace, holds};
use baton_testkit::agent_run::{AgentRun, turn};

use super::{StandIn, begins, says};
use crate::stream_json::recorded_at;
use crate::{answer, failed};

fn says_what_was_said_in(name: &str) -> StandIn {
    let path = recorded_at(name);
    StandIn::new(&[format!("! cat {}", path.display())])
}

async fn answer_in(name: &str) -> Result<Reply, AgentError> {
    answer(&says_what_was_said_in(name).agent(), "hello").await
}

#[tokio::test]
async fn it_holds_the_contract() {
    let quick = says_what_was_said_in("06-partial");
    let endless = [begins(), says("Once "), "! sleep 1000".to_owned()];
    let endless = StandIn::new(&endless);
    holds(|pace| match pace {
        Pace::Quick => quick.agent(),
        Pace::Endless => endless.agent(),
    })
    .await;
}

#[tokio::test]
async fn a_reply_has_its_session_and_what_it_cost() {
    let reply = answer_in("01-p-stream-json").await.unwrap();
    assert_eq!(reply.text, "echo: hi there");
    assert!(matches!(reply.session, SessionChange::Set(_)));
    let usage = reply.usage;
    assert!(
        usage.input_tokens.is_some_and(|tokens| tokens > 10_000),
        "{usage:?}"
    );
    assert!(
        usage.cost_micros.is_some() && usage.duration_ms.is_some(),
        "{usage:?}"
    );
}

#[tokio::test]
async fn a_helper_makes_two_results_of_one_message() {
    let standing = says_what_was_said_in("11-subagent");
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    run.said("\n\necho: ").await;
    let end = run.activities().to_vec();
    let text = run.end().await.unwrap().text;
    assert!(text.starts_with("done: Async agent launched"), "{text}");
    assert!(text.ends_with("\n\necho: "), "{text}");
    // People see a helper's report, but not the helper's start message.
    assert_eq!(end.len(), 1, "{end:?}");
    assert_eq!(end[0].state, ActivityState::Done);
    assert!(end[0].detail.contains("echo: say hi"), "{}", end[0].detail);
}

#[tokio::test]
async fn what_was_not_allowed_is_shown_so() {
    let standing = says_what_was_said_in("03-hooks-write-denied-default");
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    run.said("done:").await;
    let states: Vec<_> = run.activities().iter().map(|it| it.state).collect();
    assert!(
        states.contains(&ActivityState::Denied),
        "{:?}",
        run.activities()
    );
    run.end().await.unwrap();
}

#[tokio::test]
async fn a_failure_of_the_models_server_is_no_reply() {
    for (recorded, told) in [
        ("28-api-400", "refused the request of Claude (status 400)"),
        ("29-api-401", "not signed in"),
    ] {
        let error = answer_in(recorded).await.unwrap_err();
        assert_eq!(error.class, ErrorClass::Rejected);
        let reason = error.to_string();
        assert!(reason.contains(told), "{reason}");
        assert!(!reason.contains("scripted error"), "{reason}");
        let detail = error.detail.unwrap();
        assert!(detail.contains("scripted error"), "{detail}");
    }
}

#[tokio::test]
async fn another_try_of_the_cli_is_shown_while_it_lasts() {
    let standing = says_what_was_said_in("30-overload-retry");
    let mut run = AgentRun::start(&standing.agent(), turn("go"));
    run.said("echo: OVERLOAD").await;
    let [again] = run.activities() else {
        panic!("{:?}", run.activities());
    };
    assert_eq!(again.title, "Asking the model again, 1 of 10 (overloaded)");
    assert_eq!(again.state, ActivityState::Done);
    run.end().await.unwrap();
}

#[tokio::test]
async fn a_text_that_is_no_stream_is_a_failure() {
    failed(answer_in("12-stdout-text").await);
}

#[tokio::test]
async fn s12_an_unknown_session_is_replaced() {
    let (unknown, other) = (
        recorded_at("13-resume-unknown"),
        recorded_at("01-p-stream-json"),
    );
    let standing = StandIn::new(&[format!(
        "! case \"$*\" in *--resume*) cat {}; exit 1 ;; *) cat {} ;; esac",
        unknown.display(),
        other.display()
    )]);
    let mut turn = turn("hello");
    turn.claim.session = Some("s-0".into());
    let reply = AgentRun::start(&standing.agent(), turn)
        .end()
        .await
        .unwrap();
    assert_eq!(reply.text, "echo: hi there");
    assert!(
        reply.notes[0].contains("A new session begins"),
        "{:?}",
        reply.notes
    );
    assert_ne!(reply.session, SessionChange::Set("s-0".into()));
    assert_eq!(standing.told().matches("--resume s-0").count(), 1);
}
