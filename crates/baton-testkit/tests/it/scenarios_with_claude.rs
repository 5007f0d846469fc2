//! The scenarios again, with the real Claude CLI as the agent. All of Baton runs on the fake platform and a
//! scripted Messages API.

use std::path::PathBuf;
use std::sync::Arc;

use baton_agents::{ClaudeAgent, ClaudeSettings};
use baton_core::agent::Agent;
use baton_core::clock::SystemClock;
use baton_core::message::MessageState;
use baton_testkit::baton::{Baton, Setup};
use baton_testkit::claude_cli::ClaudeCli;
use baton_testkit::lifeline::Lifeline;
use baton_testkit::messages_api::{Answer, Asked, MessagesApi};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::json;

mod approvals;
mod ending;
mod sessions;
mod steering;
mod turns;
mod warm;

/// A CLI and its API. Both outlive every run of Baton.
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

    /// The default settings, except for the working folder and the API.
    fn settings(&self) -> ClaudeSettings {
        let env = self.cli.env(&self.api).into_iter();
        ClaudeSettings {
            env: env.map(|(name, value)| (name, value.into())).collect(),
            directory: Some(self.cli.work()),
            ..ClaudeSettings::new(self.cli.program())
        }
    }

    /// The default settings, with permission to run commands without a question.
    fn runs_commands(&self) -> ClaudeSettings {
        ClaudeSettings {
            allowed_tools: vec!["Bash".to_owned()],
            ..self.settings()
        }
    }

    /// A Baton whose persona `bob` is the CLI.
    fn setup(&self) -> Setup {
        setup(self.settings())
    }

    async fn start(&self) -> Baton {
        self.setup().start().await
    }

    /// A file in the CLI's working folder.
    fn file(&self, name: &str) -> PathBuf {
        self.cli.work().join(name)
    }

    /// Scripts a command as the next answer. The command holds `line` until killed.
    fn next_holds(&self, line: &Lifeline) {
        let command = format!("exec 3>{}; echo up >&3; sleep 1000", line.path().display());
        let call = Answer::tool("Bash", json!({"command": command}));
        self.api.next(call);
    }

    /// The process id of the only running CLI.
    fn running(&self) -> Pid {
        // Each CLI process has a file with its process id. Dead processes may have left theirs.
        let files = std::fs::read_dir(self.cli.home().join(".claude/sessions")).unwrap();
        let names = files.map(|file| file.unwrap().file_name().into_string().unwrap());
        let pids = names.filter_map(|name| name.strip_suffix(".json")?.parse().ok());
        let pids = pids
            .map(Pid::from_raw)
            .filter(|pid| kill(*pid, None).is_ok());
        let pids: Vec<_> = pids.collect();
        assert_eq!(pids.len(), 1, "{pids:?}");
        pids[0]
    }

    /// Sends a signal to the running CLI.
    fn signal(&self, signal: Signal) {
        kill(self.running(), signal).unwrap();
    }
}

/// A Baton whose persona `bob` is the CLI. The simulated clock is for Baton only; the CLI needs real time to
/// end.
fn setup(settings: ClaudeSettings) -> Setup {
    Setup::new(agent(settings))
}

fn agent(settings: ClaudeSettings) -> Arc<dyn Agent> {
    Arc::new(ClaudeAgent::new(settings, SystemClock::shared()).unwrap())
}

async fn state(baton: &Baton, text: &str) -> MessageState {
    baton.find(text).await.state
}

/// The last text of the person in each request.
fn said(asked: &[Asked]) -> Vec<String> {
    asked.iter().map(Asked::last_said).collect()
}
