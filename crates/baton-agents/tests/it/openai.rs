use std::sync::Arc;

use baton_agents::{OpenAiAgent, OpenAiSettings};
use baton_core::agent::Agent;
use baton_core::clock::SystemClock;
use baton_testkit::agent_contract::{Pace, holds};
use baton_testkit::clock::SimClock;
use baton_testkit::model_server::{Answer, ModelServer};

mod asking;
mod cutting;
mod ending;
mod failing;
mod length;
mod leniency;
mod probing;
mod seeing;
mod streaming;
mod thinking;
mod waiting;

/// Default settings for a model on this server.
fn settings(server: &ModelServer) -> OpenAiSettings {
    OpenAiSettings::new(server.base_url().parse().unwrap(), "fake-model")
}

fn agent(settings: OpenAiSettings) -> Arc<dyn Agent> {
    Arc::new(OpenAiAgent::new(settings, SystemClock::shared()).unwrap())
}

/// A server, and an agent with a clock that only the test moves.
async fn timed() -> (ModelServer, Arc<dyn Agent>, Arc<SimClock>) {
    let server = ModelServer::start().await;
    let clock = SimClock::shared();
    let agent = OpenAiAgent::new(settings(&server), clock.clone()).unwrap();
    (server, Arc::new(agent), clock)
}

#[tokio::test]
async fn it_holds_the_contract() {
    let quick = ModelServer::start().await;
    let endless = ModelServer::start().await;
    endless.always(|_| Answer::silent_after("once upon a time"));
    holds(|pace| match pace {
        Pace::Quick => agent(settings(&quick)),
        Pace::Endless => agent(settings(&endless)),
    })
    .await;
}
