//! Agents that break a promise. The suite must detect each of them.

use async_trait::async_trait;
use baton_core::agent::{AgentError, Reply, TurnIo};

use super::*;
use crate::scripted_agent::answering;

fn quick(
    answer: impl Fn(&Turn) -> Result<Reply, AgentError> + Send + Sync + 'static,
) -> Arc<dyn Agent> {
    answering(answer).0
}

#[tokio::test]
#[should_panic(expected = "a turn is not changed by turns before it")]
async fn the_contract_finds_an_agent_that_remembers() {
    let turns = std::sync::atomic::AtomicUsize::new(0);
    let turns = Arc::new(turns);
    holds(move |_| {
        let turns = Arc::clone(&turns);
        quick(move |_| {
            let before = turns.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            Ok(Reply::text(format!("{before} turns before this one")))
        })
    })
    .await;
}

#[tokio::test]
#[should_panic(expected = "a quick agent answers")]
async fn the_contract_finds_an_agent_that_fails() {
    holds(|_| quick(|_| Err(AgentError::failed("no")))).await;
}

/// Says one text and returns another.
struct Liar;

#[async_trait]
impl Agent for Liar {
    async fn run(&self, _turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        io.say("yes").await;
        Ok(Reply::text("no"))
    }
}

#[tokio::test]
#[should_panic(expected = "the reply is the whole of what was said")]
async fn the_contract_finds_an_agent_that_returns_something_else() {
    holds(|_| Arc::new(Liar) as Arc<dyn Agent>).await;
}

#[tokio::test]
#[should_panic(expected = "a stop is no failure")]
async fn the_contract_finds_an_agent_that_fails_when_stopped() {
    /// Treats a stop as a failure.
    struct Sulky;

    #[async_trait]
    impl Agent for Sulky {
        async fn run(&self, _turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
            io.say("once").await;
            io.stop.cancelled().await;
            Err(AgentError::failed("stopped"))
        }
    }

    holds(|pace| match pace {
        Pace::Quick => quick(|turn| Ok(Reply::text(turn.prompt()))),
        Pace::Endless => Arc::new(Sulky),
    })
    .await;
}
