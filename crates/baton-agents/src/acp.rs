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
//! * `acp_settings`: the configuration.
//! * `wire`: lines on the pipes; `acp_exchange`: requests and answers, in both directions.
//! * `session_setup`: the steps before the prompt; `session_choices`: the agent's models and modes;
//!   `prompt_answer`: the answer to the prompt.
//! * `update_handler`: handles the agent's updates; `reply_text`, `tool_calls`: the form that people see.
//! * `permission_request`: the agent's permission requests; `permission_policy`: the answers of the policy.
//! * `acp_errors`: the reasons for a missing reply; `error_classification`: decides whether an error of the
//!   agent allows another try.

use std::io;
use std::path::{Path, PathBuf};
use std::pin::pin;
use std::process::ExitStatus;
use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use agent_client_protocol::v1::schema::{ContentBlock, ImageContent, PromptRequest};
use async_trait::async_trait;
use baton_core::agent::{Agent, AgentError, ErrorClass, Reply, Turn, TurnIo};
use baton_core::clock::Clock;
use nix::sys::signal::Signal;

mod acp_errors;
mod acp_exchange;
mod acp_settings;
mod error_classification;
mod permission_policy;
mod permission_request;
mod prompt_answer;
mod reply_text;
mod session_choices;
mod session_setup;
mod tool_calls;
mod update_handler;
mod wire;

pub use acp_settings::AcpSettings;
pub use session_choices::offers_asking_mode;

use crate::child::{
    self, ChildPipes, ChildProcess, LAST_WORDS, ProgramInput, ProgramSpec, SignalSchedule,
    SignalStep, StderrTail, environment,
};
use crate::images::{self, TurnImages};
use crate::policy::{Policy, PolicyError};
use crate::safe_text;
use acp_errors::{AcpError, wants_sign_in};
use acp_exchange::AcpExchange;
use prompt_answer::PromptAnswer;
use session_setup::ReadySession;
use update_handler::UpdateHandler;
use wire::{IncomingMessages, OutgoingMessages};

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
        Ok(PromptAnswer::parse(&answer))
    }
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
        let mut updates = UpdateHandler::new(
            io,
            &self.policy,
            self.turn_directory(turn),
            self.settings.reply_limit,
        );
        let mut complaints = StderrTail::default();
        let outcome = self
            .run_child(started, turn, io, &mut updates, &mut complaints)
            .await;
        if io.stop.is_cancelled() {
            return Ok(updates.into_reply());
        }
        let result = outcome.result.unwrap_or(Err(AcpError::Silent));
        let failure = match result.and_then(|answer| answer.into_reply(updates)) {
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
