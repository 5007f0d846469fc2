//! Tests the example of an agent, with the contract for all agents.

use std::sync::Arc;
use std::time::Duration;

use baton_core::clock::SystemClock;
use baton_testkit::agent_contract::{Pace, holds};

use crate::{answer, rejected};

#[path = "../../../baton-testkit/examples/agent.rs"]
#[expect(
    dead_code,
    unreachable_pub,
    reason = "it is a program of its own, for people to read and run"
)]
mod agent;

fn backwards(pause: Duration) -> Arc<dyn baton_core::agent::Agent> {
    Arc::new(agent::Backwards {
        pause,
        clock: SystemClock::shared(),
    })
}

#[tokio::test]
async fn it_holds_the_contract() {
    holds(|pace| match pace {
        Pace::Quick => backwards(Duration::ZERO),
        // Long enough for an endless reply, short enough for some text.
        Pace::Endless => backwards(Duration::from_millis(100)),
    })
    .await;
}

#[tokio::test]
async fn it_says_everything_backwards() {
    let agent = backwards(Duration::ZERO);
    assert_eq!(
        answer(&agent, "night and day").await.unwrap().text,
        "day and night"
    );
    assert_eq!(
        rejected(answer(&agent, " ").await),
        "there is nothing to say backwards"
    );
}
