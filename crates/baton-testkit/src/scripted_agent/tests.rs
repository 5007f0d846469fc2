use super::*;
use crate::agent_contract::{Pace, holds};
use crate::agent_run::{AgentRun, turn};

#[tokio::test]
async fn a_turn_does_what_the_script_says() {
    let (agent, mut script) = scripted();
    let mut run = AgentRun::start(&agent, turn("hello"));
    let scripted = script.next_turn().await;
    assert_eq!(scripted.texts(), ["hello"]);
    scripted.say("so ").await;
    run.said("so ").await;
    assert!(!run.has_effects());
    scripted.reply("so be it");
    assert_eq!(run.end().await, Ok(Reply::text("so be it")));

    let run = AgentRun::start(&agent, turn("again"));
    let acting = async {
        let scripted = script.next_turn().await;
        scripted.begin_effects().await.expect("a run grants it");
        scripted.fail("no");
    };
    let (end, ()) = tokio::join!(run.end(), acting);
    assert_eq!(end, Err(AgentError::failed("no")));
    assert!(script.begun().is_none());
}

#[tokio::test]
async fn told_to_stop_it_returns_what_it_said_unless_it_ignores_that() {
    let (agent, mut script) = scripted();
    let run = AgentRun::start(&agent, turn("hello"));
    let scripted = script.next_turn().await;
    scripted.say("so").await;
    run.stop();
    assert_eq!(run.end().await, Ok(Reply::text("so")));
    scripted.gone().await;

    let run = AgentRun::start(&agent, turn("hello"));
    let scripted = script.next_turn().await;
    scripted.ignore_stop();
    scripted.say("so").await;
    run.stop();
    scripted.stopped().await;
    scripted.say(" there").await;
    assert!(!run.is_over());
    run.abandon().await;
    scripted.gone().await;
}

#[tokio::test]
async fn the_record_knows_what_overlapped() {
    let (agent, mut script) = scripted();
    let first = turn("first");
    let conversation = first.claim.conversation;
    let mut second = turn("second");
    second.claim.conversation = conversation;
    let (first, second) = (
        AgentRun::start(&agent, first),
        AgentRun::start(&agent, second),
    );
    let scripted = script.next_turn().await;
    script.next_turn().await.reply("b");
    second.end().await.expect("it replied");
    script.record().until_ended(1).await;
    assert_eq!(script.record().running(), 1);
    scripted.panic();
    script.record().until_ended(2).await;
    drop(first);
    let record = script.record();
    assert_eq!(record.running(), 0);
    assert_eq!(record.most_at_once(), 2);
    assert_eq!(record.overlapped(), [conversation]);
    assert_eq!(record.texts_of(conversation), ["first", "second"]);
}

/// The script of an endless agent: each turn says a text and then does not end by itself.
fn endless() -> Arc<dyn Agent> {
    let (agent, mut script) = scripted();
    tokio::spawn(async move {
        while let Some(turn) = script.turns.recv().await {
            turn.order(Order::Say(
                "once upon a time".to_owned(),
                oneshot::channel().0,
            ));
        }
    });
    agent
}

#[tokio::test]
async fn scripted_agents_hold_the_contract() {
    holds(|pace| match pace {
        Pace::Quick => answering(|turn| Ok(Reply::text(turn.prompt()))).0,
        Pace::Endless => endless(),
    })
    .await;
}
