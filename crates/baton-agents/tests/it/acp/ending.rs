//! After any end of a turn, no process of the turn remains.

use std::sync::Arc;
use std::time::Duration;

use baton_agents::{AcpAgent, AcpSettings};
use baton_core::agent::Agent;
use baton_testkit::agent_run::{AgentRun, turn, within};
use baton_testkit::clock::SimClock;
use baton_testkit::lifeline::Lifeline;

use super::{Store, settings, told};
use crate::failed;

fn child(line: &Lifeline) -> String {
    format!("/child {}", line.path().display())
}

#[tokio::test]
async fn a_stop_cancels_and_returns_what_there_is() {
    let mut run = told("", "/say so far\n/wait\n/say , stopped");
    run.said("so far").await;
    run.stop();
    let reply = run.end().await.unwrap();
    assert_eq!(reply.text, "so far, stopped", "it was told, and answered");
    assert_eq!(reply.notes, [""; 0]);
}

#[tokio::test]
async fn s03_what_it_started_is_gone_after_a_stop() {
    let mut line = Lifeline::new();
    let mut run = told("", &format!("{}\n/say .\n/wait", child(&line)));
    run.said(".").await;
    line.held(1).await;
    run.stop();
    run.end().await.unwrap();
    line.let_go().await;
}

#[tokio::test]
async fn s03_what_it_started_is_gone_when_the_turn_is_dropped() {
    let mut line = Lifeline::new();
    let mut run = told("", &format!("{}\n/say .\n/wait", child(&line)));
    run.said(".").await;
    line.held(1).await;
    run.abandon().await;
    line.let_go().await;
}

#[tokio::test]
async fn s03_what_it_started_is_gone_when_it_has_answered_and_when_it_failed() {
    for end in ["/say done", "/error no", "/die 3"] {
        let mut line = Lifeline::new();
        let run = told("", &format!("{}\n{end}", child(&line)));
        let _ = run.end().await;
        line.held(1).await;
        line.let_go().await;
    }
}

#[tokio::test]
async fn s08_an_agent_that_minds_no_cancel_is_ended_after_a_pause() {
    let clock = SimClock::shared();
    let settings = settings("--endless --deaf");
    let pause = settings.stop_pause;
    let agent: Arc<dyn Agent> = Arc::new(AcpAgent::new(settings, clock.clone()).unwrap());
    let mut run = AgentRun::start(&agent, turn("go"));
    run.said_something().await;
    run.stop();
    within("it has its pause", clock.someone_sleeps(pause)).await;
    assert!(!run.is_over());
    clock.advance(pause);
    assert_eq!(run.end().await.unwrap().text, "once upon a time");
}

#[tokio::test]
async fn an_agent_that_lives_on_when_it_has_answered_is_ended_after_a_pause() {
    let clock = SimClock::shared();
    let settings = AcpSettings {
        exit_pause: Duration::from_mins(3),
        ..settings("--lingers")
    };
    let pause = settings.exit_pause;
    let agent: Arc<dyn Agent> = Arc::new(AcpAgent::new(settings, clock.clone()).unwrap());
    let run = AgentRun::start(&agent, turn("go"));
    within("it has its pause", clock.someone_sleeps(pause)).await;
    assert!(!run.is_over());
    clock.advance(pause);
    assert_eq!(run.end().await.unwrap().text, "go");
}

#[tokio::test]
async fn an_agent_has_time_to_write_its_session_down() {
    let (clock, store) = (SimClock::shared(), Store::new());
    let settings = AcpSettings {
        settle_pause: Duration::from_mins(3),
        ..settings(&store.words())
    };
    let pause = settings.settle_pause;
    let agent: Arc<dyn Agent> = Arc::new(AcpAgent::new(settings, clock.clone()).unwrap());
    let mut run = AgentRun::start(&agent, turn("go"));
    run.said("go").await;
    within("it has its pause", clock.someone_sleeps(pause)).await;
    assert!(!run.is_over());
    clock.advance(pause);
    assert_eq!(run.end().await.unwrap().text, "go");
}

#[tokio::test]
async fn s08_an_agent_that_is_never_ready_is_ended_at_its_limit() {
    let clock = SimClock::shared();
    let settings = settings("--mute");
    let limit = settings.ready_limit;
    let agent: Arc<dyn Agent> = Arc::new(AcpAgent::new(settings, clock.clone()).unwrap());
    let run = AgentRun::start(&agent, turn("go"));
    within("it has its time", clock.someone_sleeps(limit)).await;
    assert!(!run.is_over());
    clock.advance(limit);
    let reason = failed(run.end().await);
    assert!(reason.contains("was not ready within 3600 s"), "{reason}");
}

#[tokio::test]
async fn a_stop_before_it_is_ready_ends_it() {
    let clock = SimClock::shared();
    let settings = AcpSettings {
        stop_pause: Duration::from_mins(7),
        ..settings("--mute")
    };
    let (pause, limit) = (settings.stop_pause, settings.ready_limit);
    let agent: Arc<dyn Agent> = Arc::new(AcpAgent::new(settings, clock.clone()).unwrap());
    let run = AgentRun::start(&agent, turn("go"));
    within("it runs", clock.someone_sleeps(limit)).await;
    run.stop();
    within("it has its pause", clock.someone_sleeps(pause)).await;
    clock.advance(pause);
    assert_eq!(run.end().await.unwrap().text, "");
}
