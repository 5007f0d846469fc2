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
//! * `wire`: lines on the pipes; `talk`: requests and answers, in both directions.
//! * `opening`: the steps before the prompt; `choices`: the agent's models and modes.
//! * `hearing`: handles the agent's updates; `reply`, `tools`: the form that people see.
//! * `permission`: the agent's permission requests; `rules`: the answers of the policy.
//! * `failure`: the reasons for a missing reply; `refusal`: decides whether an error of the agent allows
//!   another try.

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

mod choices;
mod failure;
mod hearing;
mod opening;
mod permission;
mod refusal;
mod reply;
mod rules;
mod talk;
mod tools;
mod wire;

pub use choices::offers_asking_mode;

use crate::child::{
    self, ChildPipes, ChildProcess, LAST_WORDS, ProgramInput, ProgramSpec, SignalSchedule,
    SignalStep, StderrTail, environment,
};
use crate::images::{self, TurnImages};
use crate::policy::{Policy, PolicyError, PolicySettings};
use crate::text;
use failure::{Trouble, wants_sign_in};
use hearing::Hearing;
use opening::Opened;
use talk::Talk;
use wire::{Incoming, Outgoing};

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
    told_unasking: AtomicBool,
}

/// The answer of an agent to a prompt.
struct Answered {
    /// `None` for an unknown reason.
    stop: Option<StopReason>,
    usage: Usage,
}

/// The end of a child.
struct Ended {
    status: io::Result<ExitStatus>,
    /// The outcome of the talk; `None` if the talk was broken off.
    said: Option<Result<Answered, Trouble>>,
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
            told_unasking: AtomicBool::new(false),
        })
    }

    /// The working directory for a turn.
    fn directory<'a>(&'a self, turn: &'a Turn) -> &'a Path {
        turn.persona.directory.as_deref().unwrap_or(&self.directory)
    }

    async fn start(&self, turn: &Turn) -> Result<(ChildProcess, ChildPipes), AgentError> {
        let settings = &self.settings;
        let program = ProgramSpec {
            name: &settings.program,
            args: &settings.args,
            env: environment::for_turn(turn, &settings.env),
            directory: Some(self.directory(turn)),
            input: ProgramInput::Pipe,
        };
        let started = ChildProcess::start(program).await;
        started.map_err(|error| child::program_error::not_started(&settings.program, &error))
    }

    /// Talks with an agent until its process is gone.
    async fn attend<'a>(
        &self,
        (mut child, pipes): (ChildProcess, ChildPipes),
        turn: &Turn,
        io: &'a TurnIo,
        hearing: &mut Hearing<'a>,
        complaints: &mut StderrTail,
    ) -> Ended {
        let ChildPipes {
            stdin,
            mut stdout,
            stderr,
        } = pipes;
        let clock = &*self.clock;
        let mut overhear = pin!(complaints.read_stream(stderr));
        let mut overheard = false;
        let incoming = Incoming::new(&mut stdout, self.settings.line_limit);
        let mut talk = pin!(self.talk(turn, io, incoming, Outgoing::new(stdin), hearing));
        let mut said = None;
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
                result = &mut talk, if said.is_none() => {
                    match &result {
                        Err(trouble) if trouble.ends_at_once() => child.kill(),
                        _ => ending.begin_after(clock, self.settings.exit_pause),
                    }
                    said = Some(result);
                }
                () = child.wait_until_ended() => break,
                signal = ending.next_signal(clock) => child.signal(signal),
                () = &mut overhear, if !overheard => overheard = true,
            }
        }
        // Processes left by the agent would hold the pipes open.
        let status = child.reap().await;
        if !stopping && !matches!(said, Some(Ok(_))) {
            let end = clock.steady().after(LAST_WORDS);
            let last_words = async {
                if said.is_none() {
                    said = Some(talk.await);
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
        Ended { status, said }
    }

    async fn talk<'a>(
        &self,
        turn: &Turn,
        io: &'a TurnIo,
        incoming: Incoming<'_>,
        outgoing: Outgoing,
        hearing: &mut Hearing<'a>,
    ) -> Result<Answered, Trouble> {
        let mut talk = Talk::new(io, incoming, outgoing, hearing);
        let limit = self.settings.ready_limit;
        let end = self.clock.steady().after(limit);
        let opened = tokio::select! {
            biased;
            opened = talk.open(self, turn) => opened?,
            () = self.clock.sleep_until(end) => return Err(Trouble::NotReady(limit)),
        };
        let lasts = opened.lasts;
        let answered = self.prompt(&mut talk, turn, opened).await?;
        if lasts {
            let end = self.clock.steady().after(self.settings.settle_pause);
            self.clock.sleep_until(end).await;
        }
        Ok(answered)
    }

    async fn prompt(
        &self,
        talk: &mut Talk<'_, '_>,
        turn: &Turn,
        opened: Opened,
    ) -> Result<Answered, Trouble> {
        let system = turn.persona.system_prompt.as_deref();
        let parts = [
            // This version of the protocol has no field for a system prompt.
            system.filter(|_| opened.fresh).map(str::to_owned),
            turn.claim.interrupted.then(|| crate::CUT_OFF.to_owned()),
            Some(turn.prompt_with_files()),
        ];
        let mut parts: Vec<_> = parts
            .into_iter()
            .flatten()
            .map(ContentBlock::from)
            .collect();
        let words = parts.len();
        let seen = if opened.sees {
            images::read_images(turn, images::WIDEST_KEPT).await
        } else {
            TurnImages::default()
        };
        let names: Vec<_> = seen.images.iter().map(|image| image.name.clone()).collect();
        parts.extend(seen.images.into_iter().map(|image| {
            let content = ImageContent::new(image.base64, image.media_type);
            ContentBlock::Image(content)
        }));
        let mut request = PromptRequest::new(opened.session.to_string(), parts);
        talk.hearing.begin(opened.session, opened.lasts).await?;
        talk.stop_cancels();
        let mut answer = talk.request(&request).await?;
        if let Err(error) = &answer
            && !names.is_empty()
            && !wants_sign_in(error)
            && refusal::classify(error).0 != ErrorClass::Unavailable
            && talk.hearing.is_nothing()
            && !talk.is_stopped()
        {
            // The model's server may have refused the images, but the text still needs an answer.
            let (turn, code) = (turn.claim.turn, error.code);
            // The agent's error text may contain keys.
            tracing::warn!(%turn, ?code, "an agent may not take images; asked without them");
            request.prompt.truncate(words);
            let names = names.join(", ");
            let not_shown = format!("[these images cannot be shown to you: {names}]");
            request.prompt.push(ContentBlock::from(not_shown));
            answer = talk.request(&request).await?;
        }
        let answer = answer.map_err(|error| Trouble::refused(error, &opened.ways))?;
        talk.hearing.end().await;
        Ok(Answered {
            stop: PromptResponse::deserialize(&answer)
                .inspect_err(|error| tracing::debug!(%error, %answer, "an end that is not known"))
                .ok()
                .map(|answer| answer.stop_reason),
            usage: usage(&answer),
        })
    }
}

/// Returns the reply of an agent that answered.
fn reply(answered: Answered, hearing: Hearing<'_>) -> Result<Reply, Trouble> {
    let nothing = hearing.written.is_empty();
    let note = match answered.stop {
        Some(StopReason::EndTurn) => None,
        Some(StopReason::MaxTokens) => {
            Some("The agent came to its limit of tokens: the reply ends in the middle.")
        }
        Some(StopReason::MaxTurnRequests) => {
            Some("The agent came to the limit of what it may do for one message: it is not done.")
        }
        Some(StopReason::Refusal) if nothing => return Err(Trouble::Unwilling),
        Some(StopReason::Refusal) => {
            Some("The agent refused to go on, and will not remember this message.")
        }
        // Some agents treat a denied request as a cancel of the whole turn.
        Some(StopReason::Cancelled) if hearing.denied => None,
        Some(StopReason::Cancelled) => return Err(Trouble::Cancelled),
        _ => Some("The agent ended for a reason that Baton does not know."),
    };
    let mut reply = hearing.into_reply();
    reply.usage = answered.usage;
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
        let started = self.start(turn).await?;
        let mut hearing = Hearing::new(io, self, turn);
        let mut complaints = StderrTail::default();
        let ended = self
            .attend(started, turn, io, &mut hearing, &mut complaints)
            .await;
        if io.stop.is_cancelled() {
            return Ok(hearing.into_reply());
        }
        let said = ended.said.unwrap_or(Err(Trouble::Silent));
        let trouble = match said.and_then(|answered| reply(answered, hearing)) {
            Ok(reply) => return Ok(reply),
            Err(trouble) => trouble,
        };
        let error = trouble.told(&self.settings, ended.status);
        let stderr = text::end(&complaints.text(), self.settings.env.values());
        Err(match error.detail.clone() {
            None => error.with_detail(stderr),
            Some(detail) if stderr.is_empty() => error.with_detail(detail),
            Some(detail) => error.with_detail(format!("{detail}\nstderr: {stderr}")),
        })
    }
}

/// Returns the usage reported by an agent. The protocol's field for the usage is not final yet.
fn usage(answer: &Value) -> Usage {
    let count = |key: &str| answer.pointer(&format!("/usage/{key}"))?.as_u64();
    Usage {
        input_tokens: count("inputTokens"),
        output_tokens: count("outputTokens"),
        ..Usage::default()
    }
}
