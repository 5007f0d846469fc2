//! `command`: any program. The prompt goes to its standard input, what it writes to its standard
//! output is the reply, shown as it comes.
//!
//! In its environment it finds `BATON_CONVERSATION` (a number), `BATON_PERSONA`, `BATON_PLACE`
//! (`channel/account/address`), `BATON_ATTEMPT` (1 for the first try), and `BATON_INTERRUPTED=1` where
//! an earlier try was cut off and may have done part of the work.
//!
//! A program runs in a process group of its own. When its turn is over, however it ended, nothing of
//! that group is left: not the program, and nothing that it started.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, Reply, Turn, TurnIo};
use baton_core::clock::Clock;
use secrecy::SecretString;

mod environment;
mod failure;
mod group;
mod pipes;

use group::Group;
use pipes::{Complaints, Heard, Written};

/// Which program, and how it is run.
#[derive(Clone, Debug)]
pub struct CommandSettings {
    /// A name that is looked up in `PATH`, or an absolute path.
    pub program: String,
    /// What it is called with.
    pub args: Vec<String>,
    /// Set in its environment. Of our own environment it gets only what every program needs
    /// (`PATH`, `HOME`, `LANG` and the like).
    pub env: BTreeMap<String, SecretString>,
    /// Where it runs; ours when `None`.
    pub directory: Option<PathBuf>,
    /// How long its output may become, in bytes; a longer one ends it.
    pub output_limit: usize,
    /// How long it has to end by itself after a stop, before it is killed. Longer than the limit
    /// that the dispatcher sets (half a second) is of no use.
    pub stop_pause: Duration,
}

impl CommandSettings {
    /// A program without arguments, and the usual limits.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            directory: None,
            output_limit: 1024 * 1024,
            stop_pause: Duration::from_millis(300),
        }
    }
}

/// How long what a program wrote is waited for after it ended. Only a process that left the group
/// and still holds the pipe can make us wait at all.
const LAST_WORDS: Duration = Duration::from_secs(1);

/// Runs a program for every turn.
pub struct CommandAgent {
    settings: CommandSettings,
    clock: Arc<dyn Clock>,
}

/// How a program ended.
struct Ended {
    status: std::io::Result<ExitStatus>,
    stopped: bool,
    heard: Heard,
}

impl CommandAgent {
    /// An agent that runs this program. Whether the program is there shows when it first answers.
    pub fn new(settings: CommandSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    fn spawn(&self, turn: &Turn) -> Result<Group, AgentError> {
        let settings = &self.settings;
        let mut command = tokio::process::Command::new(&settings.program);
        command
            .args(&settings.args)
            .env_clear()
            .envs(environment::of(turn, &settings.env))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped());
        if let Some(directory) = &settings.directory {
            command.current_dir(directory);
        }
        Group::spawn(command).map_err(|error| failure::not_started(settings, &error))
    }

    /// Talks with a program until it is gone.
    async fn attend(
        &self,
        mut group: Group,
        prompt: String,
        io: &TurnIo,
        written: &mut Written,
        complaints: &mut Complaints,
    ) -> Ended {
        let pipes = group.pipes();
        let mut talk = pin!(pipes.talk(prompt, io, written, complaints));
        let mut heard = None;
        let mut kill_at = None;
        let mut killed = false;
        let status = loop {
            let pause_over = async {
                match kill_at {
                    Some(at) if !killed => self.clock.sleep_until(at).await,
                    _ => std::future::pending().await,
                }
            };
            tokio::select! {
                biased;
                () = io.stop.cancelled(), if kill_at.is_none() => {
                    group.ask_to_end();
                    kill_at = Some(self.clock.steady().after(self.settings.stop_pause));
                }
                all = &mut talk, if heard.is_none() => {
                    if matches!(all, Heard::TooMuch) {
                        group.kill();
                    }
                    heard = Some(all);
                }
                status = group.leader_ends() => break status,
                () = pause_over => {
                    group.kill();
                    killed = true;
                }
            }
        };
        // What it left running would hold its pipes open, and outlive the turn.
        group.kill();
        if heard.is_none() {
            let end = self.clock.steady().after(LAST_WORDS);
            tokio::select! {
                all = &mut talk => heard = Some(all),
                () = self.clock.sleep_until(end) => {}
            }
        }
        group.reap().await;
        Ended {
            status,
            stopped: kill_at.is_some(),
            heard: heard.unwrap_or(Heard::All),
        }
    }
}

#[async_trait]
impl Agent for CommandAgent {
    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        // Whatever a program does, we must assume that it acts on the world.
        tokio::select! {
            biased;
            () = io.stop.cancelled() => return Ok(Reply::default()),
            begun = io.begin_effects() => begun.map_err(|over| AgentError::Failed {
                reason: over.to_string(),
            })?,
        }
        let group = self.spawn(turn)?;
        let mut written = Written::new(self.settings.output_limit);
        let mut complaints = Complaints::default();
        let ended = self
            .attend(group, turn.prompt(), io, &mut written, &mut complaints)
            .await;
        match ended {
            Ended { stopped: true, .. } => Ok(Reply::text(written.text)),
            Ended {
                heard: Heard::TooMuch,
                ..
            } => Err(failure::too_much(&self.settings)),
            Ended {
                status: Ok(status), ..
            } if status.success() => Ok(Reply::text(written.text)),
            Ended {
                status: Ok(status), ..
            } => Err(failure::ended(&self.settings, status, &complaints.text())),
            Ended {
                status: Err(error), ..
            } => Err(failure::lost(&self.settings, &error)),
        }
    }
}
