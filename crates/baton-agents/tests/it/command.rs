use std::sync::Arc;
use std::time::Duration;

use baton_agents::{CommandAgent, CommandSettings};
use baton_core::agent::Agent;
use baton_core::clock::SystemClock;
use baton_testkit::agent_contract::{Pace, holds};

mod ending;
mod environment;
mod failing;
mod talking;

/// An agent that runs this shell script.
fn script(script: &str) -> CommandSettings {
    CommandSettings {
        args: vec!["-c".to_owned(), script.to_owned()],
        // Only the tests of the pause wait until the end of the pause.
        stop_pause: Duration::from_hours(1),
        ..CommandSettings::new("sh")
    }
}

fn agent(settings: CommandSettings) -> Arc<dyn Agent> {
    Arc::new(CommandAgent::new(settings, SystemClock::shared()))
}

#[tokio::test]
async fn it_holds_the_contract() {
    holds(|pace| match pace {
        Pace::Quick => agent(script("cat")),
        Pace::Endless => agent(script("echo once upon a time; sleep 1000 & wait")),
    })
    .await;
}

#[tokio::test]
async fn it_holds_the_contract_with_a_program_that_minds_no_signal() {
    holds(|pace| match pace {
        Pace::Quick => agent(script("trap '' TERM; cat")),
        Pace::Endless => agent(CommandSettings {
            stop_pause: Duration::from_millis(1),
            ..script("trap '' TERM; echo once upon a time; sleep 1000 & wait")
        }),
    })
    .await;
}
