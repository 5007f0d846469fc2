use std::sync::Arc;
use std::time::Duration;

use baton_agents::{EchoAgent, EchoSettings};
use baton_core::agent::Agent;
use baton_core::clock::SystemClock;
use baton_testkit::agent_contract::{Pace, holds};
use baton_testkit::agent_run::{AgentRun, turn};

use crate::answer;

fn echo(pause: Duration) -> Arc<dyn Agent> {
    Arc::new(EchoAgent::new(
        EchoSettings { pause },
        SystemClock::shared(),
    ))
}

#[tokio::test]
async fn it_holds_the_contract() {
    holds(|pace| match pace {
        Pace::Quick => echo(Duration::ZERO),
        Pace::Endless => echo(Duration::from_hours(1)),
    })
    .await;
}

#[tokio::test]
async fn it_says_the_message_again_in_pieces() {
    let text = "one two three four\n\n```\ncode  code\n```";
    assert_eq!(
        answer(&echo(Duration::ZERO), text).await.unwrap().text,
        text
    );

    let mut run = AgentRun::start(&echo(Duration::from_hours(1)), turn(text));
    run.said_something().await;
    assert_eq!(run.so_far(), "one two three ");
}

#[tokio::test]
async fn it_answers_in_the_persona_s_wrapping() {
    let mut turn = turn("hello");
    turn.persona.user_prompt = Some("{name} says: {text}".to_owned());
    let run = AgentRun::start(&echo(Duration::ZERO), turn);
    assert_eq!(run.end().await.unwrap().text, "ann says: hello");
}
