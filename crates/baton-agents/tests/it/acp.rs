//! Tests the `acp` agent against `examples/acp_agent`. This example uses the agent's side of the official
//! crate, and misbehaves on command.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use baton_agents::{AcpAgent, AcpSettings};
use baton_core::agent::{Agent, Reply, Turn};
use baton_core::clock::SystemClock;
use baton_core::name::SessionId;
use baton_core::turn::SessionChange;
use baton_testkit::agent_contract::{Pace, holds};
use baton_testkit::agent_run::{AgentRun, turn};

mod choosing;
mod ending;
mod failing;
mod permissions;
mod sessions;
mod talking;
mod with_acp_agents;

/// The path of the scripted agent. Cargo builds the agent with these tests.
fn program() -> String {
    let tests = std::env::current_exe().unwrap();
    let built = tests.parent().and_then(|deps| deps.parent()).unwrap();
    let program = built.join("examples/acp_agent");
    assert!(
        program.exists(),
        "cargo builds it with all tests of this crate"
    );
    program.into_os_string().into_string().unwrap()
}

/// Settings for an agent with these arguments.
fn settings(words: &str) -> AcpSettings {
    AcpSettings {
        args: words.split_whitespace().map(str::to_owned).collect(),
        // These pauses never end, except in the tests about the pauses.
        stop_pause: Duration::from_hours(1),
        exit_pause: Duration::from_hours(1),
        settle_pause: Duration::ZERO,
        ready_limit: Duration::from_hours(1),
        ..AcpSettings::new(program())
    }
}

fn agent(settings: AcpSettings) -> Arc<dyn Agent> {
    Arc::new(AcpAgent::new(settings, SystemClock::shared()).unwrap())
}

/// Starts an agent with these arguments, and gives the agent a script.
fn told(words: &str, does: &str) -> AgentRun {
    AgentRun::start(&agent(settings(words)), turn(does))
}

/// A folder for lasting sessions, and the arguments for this folder.
struct Store {
    folder: tempfile::TempDir,
}

impl Store {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder }
    }

    fn words(&self) -> String {
        format!("--store {}", self.folder.path().display())
    }

    /// The number of sessions.
    fn sessions(&self) -> usize {
        self.folder.path().read_dir().unwrap().count()
    }
}

/// A turn in the session of an earlier turn.
fn next(text: &str, earlier: &Reply) -> Turn {
    let mut turn = turn(text);
    turn.claim.session = Some(session(earlier));
    turn
}

#[track_caller]
fn session(reply: &Reply) -> SessionId {
    match &reply.session {
        SessionChange::Set(session) => session.clone(),
        other => panic!("no session: {other:?}"),
    }
}

/// The path of a folder without symbolic links.
fn real(folder: &tempfile::TempDir) -> PathBuf {
    folder.path().canonicalize().unwrap()
}

#[tokio::test]
async fn it_holds_the_contract() {
    holds(|pace| match pace {
        Pace::Quick => agent(settings("")),
        Pace::Endless => agent(settings("--endless")),
    })
    .await;
}

#[tokio::test]
async fn it_holds_the_contract_with_an_agent_that_minds_nothing() {
    let soon = |words| AcpSettings {
        stop_pause: Duration::from_millis(1),
        exit_pause: Duration::from_millis(1),
        ..settings(words)
    };
    holds(|pace| match pace {
        Pace::Quick => agent(soon("--lingers")),
        Pace::Endless => agent(soon("--endless --deaf --lingers")),
    })
    .await;
}
