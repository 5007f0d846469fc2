//! The `acp` agent, against `examples/acp_agent`, which is written with the other side of the official
//! crate and misbehaves where it is told to.

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

/// The scripted agent, which cargo builds with these tests.
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

/// An agent that is called with these words.
fn settings(words: &str) -> AcpSettings {
    AcpSettings {
        args: words.split_whitespace().map(str::to_owned).collect(),
        // No test waits for them to pass but those that are about them.
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

/// An agent that is called with these words, and is told to do something.
fn told(words: &str, does: &str) -> AgentRun {
    AgentRun::start(&agent(settings(words)), turn(does))
}

/// A folder that sessions last in, and the words that say so.
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

    /// How many sessions there are.
    fn sessions(&self) -> usize {
        self.folder.path().read_dir().unwrap().count()
    }
}

/// A turn that goes on in the session of an earlier one.
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

/// Where a real folder is, whatever leads there.
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
