//! Tests of the real Claude CLI as an agent, against a scripted Messages API.

use std::path::PathBuf;
use std::sync::Arc;

use baton_agents::{ClaudeAgent, ClaudeSettings};
use baton_core::agent::{Agent, Reply, Turn};
use baton_core::clock::SystemClock;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use baton_testkit::agent_run::{AgentRun, turn};
use baton_testkit::claude_cli::ClaudeCli;
use baton_testkit::messages_api::MessagesApi;

mod answering;
mod asking;
mod ending;
mod failing;
mod files;
mod judging;
mod prompts;
mod sessions;

/// A CLI, and the API of its model.
struct Bed {
    cli: ClaudeCli,
    api: MessagesApi,
}

impl Bed {
    async fn new() -> Self {
        Self {
            cli: ClaudeCli::new(),
            api: MessagesApi::start().await,
        }
    }

    /// Default settings, with the folder and the environment for the test.
    fn settings(&self) -> ClaudeSettings {
        let env = self.cli.env(&self.api).into_iter();
        ClaudeSettings {
            env: env.map(|(name, value)| (name, value.into())).collect(),
            directory: Some(self.cli.work()),
            ..ClaudeSettings::new(self.cli.program())
        }
    }

    fn agent(&self) -> Arc<dyn Agent> {
        agent(self.settings())
    }

    /// A file in the working directory.
    fn file(&self, name: &str) -> PathBuf {
        self.cli.work().join(name)
    }
}

fn agent(settings: ClaudeSettings) -> Arc<dyn Agent> {
    Arc::new(ClaudeAgent::new(settings, SystemClock::shared()).unwrap())
}

/// The reply to `turn`; fails the test without a reply.
async fn answer(agent: &Arc<dyn Agent>, turn: Turn) -> Reply {
    AgentRun::start(agent, turn).end().await.unwrap()
}

/// A turn in the session of an earlier reply.
fn next_turn(text: &str, before: &Reply) -> Turn {
    let mut turn = turn(text);
    turn.claim.session = Some(session(before));
    turn
}

fn session(reply: &Reply) -> SessionId {
    match &reply.session {
        SessionChange::Set(session) => session.clone(),
        other => panic!("no session: {other:?}"),
    }
}
