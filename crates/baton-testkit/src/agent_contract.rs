//! The contract of every agent, as a test suite. The tests of an agent call [`holds`].

use std::sync::Arc;

use baton_core::agent::{Agent, Turn};
use baton_core::id::ConversationId;

use crate::agent_run::{AgentRun, turn};

mod processes;
#[cfg(test)]
mod tests;

use processes::Processes;

/// The behaviour of an agent under test.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pace {
    /// The agent answers every message at once, and answers equal messages with equal replies.
    Quick,
    /// The agent says some text at once, and then does not end by itself.
    Endless,
}

/// Runs all checks, and panics if the agent from `make` breaks a promise of [`Agent`].
///
/// `make` is called for each check. The server or program behind the agent must answer any message, at the
/// given pace.
pub async fn holds(make: impl Fn(Pace) -> Arc<dyn Agent>) {
    returns_all_that_it_said(&make(Pace::Quick)).await;
    answers_the_same_again(&make(Pace::Quick)).await;
    answers_when_nobody_listens(&make(Pace::Quick)).await;
    survives_any_text(&make(Pace::Quick)).await;
    returns_what_it_has_when_stopped(&make(Pace::Endless)).await;
    returns_when_stopped_before_it_began(&make(Pace::Endless)).await;
    leaves_nothing_when_dropped(&make(Pace::Endless)).await;
    serves_conversations_side_by_side(&make(Pace::Endless)).await;
}

async fn returns_all_that_it_said(agent: &Arc<dyn Agent>) {
    let turn = turn("one two three four five six seven");
    let conversation = turn.claim.conversation;
    let (end, said) = AgentRun::start(agent, turn).end_and_said().await;
    let reply = end.expect("a quick agent answers");
    assert!(!reply.text.is_empty(), "a quick agent says something");
    assert_eq!(said, reply.text, "the reply is the whole of what was said");
    Processes::none_left(conversation, Processes::default()).await;
}

async fn answers_the_same_again(agent: &Arc<dyn Agent>) {
    let answer = async |turn: Turn| {
        let end = AgentRun::start(agent, turn).end().await;
        end.expect("a quick agent answers").text
    };
    let first = answer(turn("the first")).await;
    let other = answer(turn("another, in another conversation")).await;
    let again = answer(turn("the first")).await;
    assert_eq!(again, first, "a turn is not changed by turns before it");
    assert!(!other.is_empty(), "every conversation is answered");
}

async fn answers_when_nobody_listens(agent: &Arc<dyn Agent>) {
    // The agent may fail only if it reports a side effect, because nobody confirms the report.
    let end = AgentRun::start(agent, turn("anybody there?"))
        .end_unheard()
        .await;
    if let Ok(reply) = end {
        assert!(!reply.text.is_empty(), "the reply counts all the same");
    }
}

async fn survives_any_text(agent: &Arc<dyn Agent>) {
    // More than a pipe or a model can hold.
    let long = format!("{} ", "long".repeat(25)).repeat(1000);
    for text in [
        " ",
        "\u{1F3FD}漢字 \u{202E}שלום",
        "-n $(touch x) `y` \\ \" '",
        &long,
    ] {
        // The agent may refuse some texts, but the turn must end.
        let _ = AgentRun::start(agent, turn(text)).end().await;
    }
}

async fn returns_what_it_has_when_stopped(agent: &Arc<dyn Agent>) {
    let (mut run, conversation) = begun(agent).await;
    let processes = Processes::of(conversation);
    run.said_something().await;
    let heard = run.so_far().to_owned();
    run.stop();
    let reply = run.end().await.expect("a stop is no failure");
    assert!(
        reply.text.starts_with(&heard),
        "stopped after it had said {heard:?}, it returns {:?}",
        reply.text
    );
    Processes::none_left(conversation, processes).await;
}

async fn returns_when_stopped_before_it_began(agent: &Arc<dyn Agent>) {
    let turn = turn("never mind");
    let conversation = turn.claim.conversation;
    let run = AgentRun::start(agent, turn);
    run.stop();
    run.end().await.expect("a stop is no failure");
    Processes::none_left(conversation, Processes::default()).await;
}

async fn leaves_nothing_when_dropped(agent: &Arc<dyn Agent>) {
    let (run, conversation) = begun(agent).await;
    let processes = Processes::of(conversation);
    run.abandon().await;
    Processes::none_left(conversation, processes).await;
    // The agent itself must still work.
    let (run, _) = begun(agent).await;
    run.stop();
    run.end().await.expect("a stop is no failure");
}

async fn serves_conversations_side_by_side(agent: &Arc<dyn Agent>) {
    let (first, _) = begun(agent).await;
    let (second, _) = begun(agent).await;
    assert!(!first.is_over(), "an endless turn goes on beside another");
    first.stop();
    first.end().await.expect("a stop is no failure");
    assert!(!second.is_over(), "a stop reaches one turn only");
    second.stop();
    second.end().await.expect("a stop is no failure");
}

/// Starts an endless turn, and waits for its first text.
async fn begun(agent: &Arc<dyn Agent>) -> (AgentRun, ConversationId) {
    let turn = turn("tell me a story that never ends, please");
    let conversation = turn.claim.conversation;
    let mut run = AgentRun::start(agent, turn);
    run.said_something().await;
    (run, conversation)
}
