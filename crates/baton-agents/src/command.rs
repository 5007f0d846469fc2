//! `command`: any program. The prompt is the standard input, complete before the program starts. The standard
//! output is the reply, shown as it arrives.
//!
//! The program's environment contains `BATON_CONVERSATION` (a number), `BATON_PERSONA`, `BATON_PLACE`
//! (`channel/account/address`) and `BATON_ATTEMPT` (1 for the first try). `BATON_INTERRUPTED=1` means that an
//! earlier try was cut off, and may have done part of the work. Files in the folder `BATON_OUTBOX` are sent
//! with the reply. The end of the prompt lists the files of the message.
//!
//! When the turn ends, for whatever reason, the program and all its child processes are killed. A process
//! that must live on needs its own session, and no `BATON_CHILD` in its environment.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::pin::pin;
use std::process::ExitStatus;
use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, PublicText, Reply, Turn, TurnIo};
use baton_core::clock::Clock;
use nix::sys::signal::Signal;
use secrecy::SecretString;

pub(crate) mod program_output;

use crate::child::{
    ChildPipes, ChildProcess, LAST_WORDS, ProgramInput, ProgramSpec, SignalSchedule, SignalStep,
    StderrTail, environment, program_error,
};
use program_output::{OutputEnd, OutputText};

/// The program, and the limits of its run.
#[derive(Clone, Debug)]
pub struct CommandSettings {
    /// A name to find in `PATH`, or an absolute path.
    pub program: String,
    /// The arguments of the program.
    pub args: Vec<String>,
    /// Variables to set in the program's environment. From Baton's own environment the program gets only the
    /// variables that every program needs (`PATH`, `HOME`, `LANG` and the like).
    pub env: BTreeMap<String, SecretString>,
    /// The working directory, unless the persona names another one. `None` means the working directory of
    /// Baton.
    pub directory: Option<PathBuf>,
    /// The longest output, in bytes. A program with a longer output is killed, and the turn fails.
    pub output_limit: usize,
    /// The time between a stop (`SIGTERM`) and `SIGKILL`. A value above the dispatcher's limit (0.9 s) has no
    /// effect.
    pub stop_pause: Duration,
}

impl CommandSettings {
    /// Settings for a program without arguments, with 1 MiB of output and 300 ms to end after a stop.
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

/// An agent that runs a program for every turn.
pub struct CommandAgent {
    settings: CommandSettings,
    clock: Arc<dyn Clock>,
}

struct ProgramExit {
    status: std::io::Result<ExitStatus>,
    stopped: bool,
    heard: OutputEnd,
}

impl CommandAgent {
    /// Makes an agent that runs this program. A missing program is reported only in the first turn.
    pub fn new(settings: CommandSettings, clock: Arc<dyn Clock>) -> Self {
        Self { settings, clock }
    }

    async fn start_program(&self, turn: &Turn) -> Result<(ChildProcess, ChildPipes), AgentError> {
        let settings = &self.settings;
        let program = ProgramSpec {
            name: &settings.program,
            args: &settings.args,
            env: environment::for_turn(turn, &settings.env),
            directory: turn.directory(settings.directory.as_deref()),
            // The program may act on a partial prompt when Baton dies.
            input: ProgramInput::Whole(&turn.prompt_with_files()),
        };
        let started = ChildProcess::start(program).await;
        started.map_err(|error| program_error::not_started(&settings.program, &error))
    }

    /// Reads the output of a program until the program has ended.
    async fn read_until_exit(
        &self,
        (mut child, pipes): (ChildProcess, ChildPipes),
        io: &TurnIo,
        written: &mut OutputText,
        complaints: &mut StderrTail,
    ) -> ProgramExit {
        let clock = &*self.clock;
        let mut listens = pin!(program_output::read_output(
            pipes,
            Some(io),
            written,
            complaints
        ));
        let mut heard = None;
        let mut ending = SignalSchedule::new([SignalStep {
            signal: Signal::SIGTERM,
            pause: self.settings.stop_pause,
        }]);
        loop {
            tokio::select! {
                biased;
                all = &mut listens, if heard.is_none() => {
                    if matches!(all, OutputEnd::TooMuch) {
                        child.kill();
                    }
                    heard = Some(all);
                }
                () = child.wait_until_ended() => break,
                // Output and exit come first: an answer that is complete before the stop counts as an answer.
                () = io.stop.cancelled(), if !ending.has_begun() => ending.begin(clock),
                signal = ending.next_signal(clock) => child.signal(signal),
            }
        }
        // Output and exit come first: an answer completed before the stop counts as an answer.
        let status = child.reap().await;
        if heard.is_none() {
            let end = clock.steady().after(LAST_WORDS);
            tokio::select! {
                all = &mut listens => heard = Some(all),
                () = clock.sleep_until(end) => {}
            }
        }
        ProgramExit {
            status,
            stopped: ending.has_begun(),
            heard: heard.unwrap_or(OutputEnd::All),
        }
    }

    fn too_much(&self) -> AgentError {
        let name = program_error::public_name(&self.settings.program);
        AgentError::failed(PublicText::of(
            "the program {} wrote more than {} bytes and was ended",
            &[&name, &self.settings.output_limit],
        ))
    }
}

#[async_trait]
impl Agent for CommandAgent {
    fn handles_files(&self) -> bool {
        true
    }

    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        // Any program may have side effects, so they are recorded before the start.
        tokio::select! {
            biased;
            () = io.stop.cancelled() => return Ok(Reply::default()),
            begun = io.begin_effects() => begun?,
        }
        let started = self.start_program(turn).await?;
        let mut written = OutputText::new(self.settings.output_limit);
        let mut complaints = StderrTail::default();
        let ProgramExit {
            status,
            stopped,
            heard,
        } = self
            .read_until_exit(started, io, &mut written, &mut complaints)
            .await;
        if stopped {
            return Ok(Reply::text(written.text));
        }
        if heard == OutputEnd::TooMuch {
            return Err(self.too_much());
        }
        let CommandSettings { program, env, .. } = &self.settings;
        match status {
            Ok(status) if status.success() => Ok(Reply::text(written.text)),
            Ok(status) => {
                let said = complaints.text();
                let error = program_error::failed_exit(program, status, &said, env.values());
                if status.code().is_none() || written.text.trim().is_empty() {
                    return Err(error);
                }
                // The program ended by itself, so its output is an answer. Another try would only repeat
                // the output.
                let (turn, detail) = (turn.claim.turn, error.detail.as_deref());
                tracing::warn!(%turn, %error, detail, "a program answered, and then failed");
                let note = format!("The answer may be incomplete: {error} after the answer.");
                Ok(Reply {
                    notes: vec![note],
                    ..Reply::text(written.text)
                })
            }
            Err(error) => Err(program_error::unknown_exit(program, &error)),
        }
    }
}
