//! `acp`: runs an agent that speaks the Agent Client Protocol (version 1) on its standard input and output,
//! with its own tools, in the conversation's own session.
//!
//! A turn runs one child. Baton resumes the conversation's session or begins a new one, and then sends the
//! prompt. The agent's text is the reply, its tools are shown, and people answer its permission requests. A
//! stop cancels the prompt, and then ends the child. Baton never signs in to an agent. If an agent demands a
//! sign-in, people get a message about that.
//!
//! Baton records the side effects of a turn at the first report of a tool that may change something. The
//! agent does not wait for the record, except after a permission request.
//!
//! # Layout
//!
//! * `wire`: lines on the pipes; `acp_exchange`: requests and answers, in both directions.
//! * `session_setup`: the steps before the prompt; `session_choices`: the agent's models and modes.
//! * `update_handler`: handles the agent's updates; `reply_text`, `tool_calls`: the form that people see.
//! * `permission_request`: the agent's permission requests; `permission_policy`: the answers of the policy.
//! * `acp_errors`: the reasons for a missing reply; `error_classification`: decides whether an error of the
//!   agent allows another try.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;
use std::time::Duration;

use agent_client_protocol::v1::schema::{
    ContentBlock, ImageContent, PromptRequest, PromptResponse, StopReason,
};
use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, ErrorClass, Reply, Turn, TurnIo};
use baton_core::clock::Clock;
use baton_core::turn::Usage;
use nix::sys::signal::Signal;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Value;

mod acp_errors;
mod acp_exchange;
mod error_classification;
mod permission_policy;
mod permission_request;
mod reply_text;
mod session_choices;
mod session_setup;
mod tool_calls;
mod update_handler;
mod wire;

pub use session_choices::offers_asking_mode;

use crate::child::{
    self, ChildPipes, ChildProcess, LAST_WORDS, ProgramInput, ProgramSpec, SignalSchedule,
    SignalStep, StderrTail, environment,
};
use crate::images::{self, TurnImages};
use crate::policy::{Policy, PolicyError, PolicySettings};
use crate::safe_text;
use acp_errors::{AcpError, wants_sign_in};
use acp_exchange::AcpExchange;
use session_setup::ReadySession;
use update_handler::UpdateHandler;
use wire::{IncomingMessages, OutgoingMessages};

/// The configuration of an agent that speaks the Agent Client Protocol.
#[derive(Clone, Debug)]
pub struct AcpSettings {
    /// The program: a name to look up in `PATH`, or an absolute path.
    pub program: String,
    /// The arguments of the program.
    pub args: Vec<String>,
    /// Environment variables for the agent. Of Baton's environment, the agent gets only variables that every
    /// program needs (`PATH`, `HOME`, `LANG` and the like).
    pub env: BTreeMap<String, SecretString>,
    /// The working directory, unless the persona sets one; `None` for Baton's working directory.
    pub directory: Option<PathBuf>,
    /// The model, by the agent's id or name; `None` for the agent's default. A choice of people for a
    /// conversation takes precedence.
    pub model: Option<String>,
    /// The mode, by the agent's id or name: "plan", "default", … With `None`, Baton selects a mode in which
    /// the agent asks before it acts, if the agent offers one. Baton makes no selection if `policy` allows
    /// everything.
    pub mode: Option<String>,
    /// Rules that answer the agent's permission requests before people do. Baton sees actions without a
    /// request only after the fact.
    pub policy: PolicySettings,
    /// How long the agent may take until Baton can send the prompt.
    pub ready_limit: Duration,
    /// Limit of a line of the agent's output, in bytes.
    pub line_limit: usize,
    /// Limit of the reply, in bytes.
    pub reply_limit: usize,
    /// How long the agent may take to answer a cancel before the agent is ended, and then to exit before it
    /// is killed. The sum should stay below the dispatcher's limit (0.9 s), which applies anyway.
    pub stop_pause: Duration,
    /// How long the agent's input stays open after the answer. Some agents save their session only then, and
    /// exit as soon as their input closes.
    pub settle_pause: Duration,
    /// How long the agent may take to exit after its input is closed.
    pub exit_pause: Duration,
}

impl AcpSettings {
    /// Default settings for this program, without arguments.
    pub fn new(program: impl Into<String>) -> Self {
        Self {
            program: program.into(),
            args: Vec::new(),
            env: BTreeMap::new(),
            directory: None,
            model: None,
            mode: None,
            policy: PolicySettings::default(),
            ready_limit: Duration::from_mins(1),
            // Enough for a picture that a tool read.
            line_limit: 16 * 1024 * 1024,
            reply_limit: 1024 * 1024,
            stop_pause: Duration::from_millis(200),
            settle_pause: Duration::from_millis(150),
            exit_pause: Duration::from_secs(2),
        }
    }
}

/// Runs an agent for every turn.
pub struct AcpAgent {
    settings: AcpSettings,
    policy: Policy,
    /// The working directory, unless the persona sets one: an absolute path.
    directory: PathBuf,
    clock: Arc<dyn Clock>,
    /// Whether people were told that the agent has no known mode that asks.
    noted_missing_mode: AtomicBool,
}

/// The answer of an agent to a prompt.
struct PromptAnswer {
    /// `None` for an unknown reason.
    stop: Option<StopReason>,
    usage: Usage,
}

/// The end of a child.
struct AcpOutcome {
    status: io::Result<ExitStatus>,
    /// The outcome of the talk; `None` if the talk was broken off.
    result: Option<Result<PromptAnswer, AcpError>>,
}

impl AcpAgent {
    /// Creates an agent with these settings. A missing program shows only at the first answer. Fails if a
    /// rule of the policy is not valid.
    pub fn new(settings: AcpSettings, clock: Arc<dyn Clock>) -> Result<Self, PolicyError> {
        let directory = settings.directory.as_deref().unwrap_or(Path::new("."));
        // If Baton's own directory does not exist, the start of the agent reports the error.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        Ok(Self {
            policy: Policy::new(&settings.policy)?,
            settings,
            directory,
            clock,
            noted_missing_mode: AtomicBool::new(false),
        })
    }

    /// The working directory for a turn.
    fn turn_directory<'a>(&'a self, turn: &'a Turn) -> &'a Path {
        turn.persona.directory.as_deref().unwrap_or(&self.directory)
    }

    async fn start_child(&self, turn: &Turn) -> Result<(ChildProcess, ChildPipes), AgentError> {
        let settings = &self.settings;
        let program = ProgramSpec {
            name: &settings.program,
            args: &settings.args,
            env: environment::for_turn(turn, &settings.env),
            directory: Some(self.turn_directory(turn)),
            input: ProgramInput::Pipe,
        };
        let started = ChildProcess::start(program).await;
        started.map_err(|error| child::program_error::not_started(&settings.program, &error))
    }

    /// Talks with an agent until its process is gone.
    async fn run_child<'a>(
        &self,
        (mut child, pipes): (ChildProcess, ChildPipes),
        turn: &Turn,
        io: &'a TurnIo,
        updates: &mut UpdateHandler<'a>,
        complaints: &mut StderrTail,
    ) -> AcpOutcome {
        let ChildPipes {
            stdin,
            mut stdout,
            stderr,
        } = pipes;
        let clock = &*self.clock;
        let mut overhear = pin!(complaints.read_stream(stderr));
        let mut overheard = false;
        let incoming = IncomingMessages::new(&mut stdout, self.settings.line_limit);
        let mut exchange =
            pin!(self.run_turn(turn, io, incoming, OutgoingMessages::new(stdin), updates));
        let mut exchange_result = None;
        let mut stopping = false;
        let mut ending = SignalSchedule::new([SignalStep {
            signal: Signal::SIGTERM,
            pause: self.settings.stop_pause,
        }]);
        loop {
            tokio::select! {
                biased;
                () = io.stop.cancelled(), if !stopping => {
                    stopping = true;
                    ending.begin_after(clock, self.settings.stop_pause);
                }
                result = &mut exchange, if exchange_result.is_none() => {
                    match &result {
                        Err(failure) if failure.is_killed_at_once() => child.kill(),
                        _ => ending.begin_after(clock, self.settings.exit_pause),
                    }
                    exchange_result = Some(result);
                }
                () = child.wait_until_ended() => break,
                signal = ending.next_signal(clock) => child.signal(signal),
                () = &mut overhear, if !overheard => overheard = true,
            }
        }
        // Processes left by the agent would hold the pipes open.
        let status = child.reap().await;
        if !stopping && !matches!(exchange_result, Some(Ok(_))) {
            let end = clock.steady().after(LAST_WORDS);
            let last_words = async {
                if exchange_result.is_none() {
                    exchange_result = Some(exchange.await);
                }
                if !overheard {
                    overhear.await;
                }
            };
            tokio::select! {
                () = last_words => {}
                () = clock.sleep_until(end) => {}
            }
        }
        AcpOutcome {
            status,
            result: exchange_result,
        }
    }

    async fn run_turn<'a>(
        &self,
        turn: &Turn,
        io: &'a TurnIo,
        incoming: IncomingMessages<'_>,
        outgoing: OutgoingMessages,
        updates: &mut UpdateHandler<'a>,
    ) -> Result<PromptAnswer, AcpError> {
        let mut exchange = AcpExchange::new(io, incoming, outgoing, updates);
        let limit = self.settings.ready_limit;
        let end = self.clock.steady().after(limit);
        let ready = tokio::select! {
            biased;
            ready = exchange.open_session(self, turn) => ready?,
            () = self.clock.sleep_until(end) => return Err(AcpError::NotReady(limit)),
        };
        let is_resumable = ready.is_resumable;
        let answer = self.send_prompt(&mut exchange, turn, ready).await?;
        if is_resumable {
            let end = self.clock.steady().after(self.settings.settle_pause);
            self.clock.sleep_until(end).await;
        }
        Ok(answer)
    }

    async fn send_prompt(
        &self,
        exchange: &mut AcpExchange<'_, '_>,
        turn: &Turn,
        ready: ReadySession,
    ) -> Result<PromptAnswer, AcpError> {
        let system = turn.persona.system_prompt.as_deref();
        let parts = [
            // This version of the protocol has no field for a system prompt.
            system.filter(|_| ready.is_new).map(str::to_owned),
            turn.claim.interrupted.then(|| crate::CUT_OFF.to_owned()),
            Some(turn.prompt_with_files()),
        ];
        let mut parts: Vec<_> = parts
            .into_iter()
            .flatten()
            .map(ContentBlock::from)
            .collect();
        let text_parts = parts.len();
        let seen = if ready.accepts_images {
            images::read_images(turn, images::WIDEST_KEPT).await
        } else {
            TurnImages::default()
        };
        let names: Vec<_> = seen.images.iter().map(|image| image.name.clone()).collect();
        parts.extend(seen.images.into_iter().map(|image| {
            let content = ImageContent::new(image.base64, image.media_type);
            ContentBlock::Image(content)
        }));
        let mut request = PromptRequest::new(ready.session.to_string(), parts);
        exchange
            .updates
            .begin_turn(ready.session, ready.is_resumable)
            .await?;
        exchange.let_stop_cancel();
        let mut answer = exchange.send_request(&request).await?;
        if let Err(error) = &answer
            && !names.is_empty()
            && !wants_sign_in(error)
            && error_classification::classify_error(error).0 != ErrorClass::Unavailable
            && exchange.updates.is_untouched()
            && !exchange.is_stopped()
        {
            // The model's server may have refused the images, but the text still needs an answer.
            let (turn, code) = (turn.claim.turn, error.code);
            // The agent's error text may contain keys.
            tracing::warn!(%turn, ?code, "an agent may not accept images; Baton asks again without images");
            request.prompt.truncate(text_parts);
            let names = names.join(", ");
            let not_shown = format!("[these images cannot be shown to you: {names}]");
            request.prompt.push(ContentBlock::from(not_shown));
            answer = exchange.send_request(&request).await?;
        }
        let answer = answer.map_err(|error| AcpError::from_error(error, &ready.sign_in_ways))?;
        exchange.updates.end_turn().await;
        Ok(PromptAnswer {
            stop: PromptResponse::deserialize(&answer)
                .inspect_err(|error| tracing::debug!(%error, %answer, "an agent ended a turn for an unknown reason"))
                .ok()
                .map(|answer| answer.stop_reason),
            usage: parse_usage(&answer),
        })
    }
}

/// Returns the reply of an agent that answered.
fn build_reply(answer: PromptAnswer, updates: UpdateHandler<'_>) -> Result<Reply, AcpError> {
    let nothing = updates.reply_text.is_empty();
    let note = match answer.stop {
        Some(StopReason::EndTurn) => None,
        Some(StopReason::MaxTokens) => {
            Some("The agent reached its token limit: the reply is incomplete.")
        }
        Some(StopReason::MaxTurnRequests) => {
            Some("The agent reached its limit of requests for one message: the work is not done.")
        }
        Some(StopReason::Refusal) if nothing => return Err(AcpError::Unwilling),
        Some(StopReason::Refusal) => {
            Some("The agent refused to continue, and will not remember this message.")
        }
        // Some agents treat a denied request as a cancel of the whole turn.
        Some(StopReason::Cancelled) if updates.denied => None,
        Some(StopReason::Cancelled) => return Err(AcpError::Cancelled),
        _ => Some("The agent ended for a reason that Baton does not know."),
    };
    let mut reply = updates.into_reply();
    reply.usage = answer.usage;
    reply.notes.extend(note.map(str::to_owned));
    Ok(reply)
}

#[async_trait]
impl Agent for AcpAgent {
    fn handles_files(&self) -> bool {
        true
    }

    async fn run(&self, turn: &Turn, io: &mut TurnIo) -> Result<Reply, AgentError> {
        if io.stop.is_cancelled() {
            return Ok(Reply::default());
        }
        let io = &*io;
        let started = self.start_child(turn).await?;
        let mut updates = UpdateHandler::new(io, self, turn);
        let mut complaints = StderrTail::default();
        let outcome = self
            .run_child(started, turn, io, &mut updates, &mut complaints)
            .await;
        if io.stop.is_cancelled() {
            return Ok(updates.into_reply());
        }
        let result = outcome.result.unwrap_or(Err(AcpError::Silent));
        let failure = match result.and_then(|answer| build_reply(answer, updates)) {
            Ok(reply) => return Ok(reply),
            Err(failure) => failure,
        };
        let error = failure.into_agent_error(&self.settings, outcome.status);
        let stderr = safe_text::safe_end(&complaints.text(), self.settings.env.values());
        Err(match error.detail.clone() {
            None => error.with_detail(stderr),
            Some(detail) if stderr.is_empty() => error.with_detail(detail),
            Some(detail) => error.with_detail(format!("{detail}\nstderr: {stderr}")),
        })
    }
}

/// Returns the usage reported by an agent. The protocol's field for the usage is not final yet.
fn parse_usage(answer: &Value) -> Usage {
    let count = |key: &str| answer.pointer(&format!("/usage/{key}"))?.as_u64();
    Usage {
        input_tokens: count("inputTokens"),
        output_tokens: count("outputTokens"),
        ..Usage::default()
    }
}
