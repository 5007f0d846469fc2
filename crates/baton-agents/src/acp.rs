//! `acp`: any agent that speaks the Agent Client Protocol (version 1) on its standard input and output,
//! with its own tools, in the conversation's own session.
//!
//! A turn runs one child: it is asked to take up the conversation's session, or to begin one, and is
//! then prompted. What it writes is the reply, what it does is shown, what it asks is asked; a stop
//! cancels the prompt, and then ends the child. Nobody signs in here: an agent that wants that is
//! told about to people.
//!
//! That a turn acts is kept when the agent first tells of a tool that may change something. It does
//! not wait for us there, unless it asks for permission.
//!
//! # Layout
//!
//! * `wire`: lines on the pipes; `talk`: requests and answers, both ways.
//! * `opening`: until the agent can be prompted; `choices`: its models and modes.
//! * `hearing`: what it tells; `reply`, `tools`: as people see it.
//! * `permission`: what it asks; `rules`: what is answered without people.
//! * `failure`: why there is no reply; `refusal`: what the agent's error means for further tries.

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
    self, Child, Complaints, Ending, Input, LAST_WORDS, Pipes, Program, Step, environment,
};
use crate::images::{self, Seen};
use crate::policy::{Policy, PolicyError, PolicySettings};
use crate::text;
use failure::{Trouble, wants_sign_in};
use hearing::Hearing;
use opening::Opened;
use talk::Talk;
use wire::{Incoming, Outgoing};

/// Which agent, and how it is run.
#[derive(Clone, Debug)]
pub struct AcpSettings {
    /// A name that is looked up in `PATH`, or an absolute path.
    pub program: String,
    /// What it is called with.
    pub args: Vec<String>,
    /// Set in its environment. Of our own environment it gets only what every program needs
    /// (`PATH`, `HOME`, `LANG` and the like).
    pub env: BTreeMap<String, SecretString>,
    /// Where it works, unless the persona says otherwise; where we do when `None`.
    pub directory: Option<PathBuf>,
    /// The model, by the agent's id or name of it; its own choice when `None`. What people choose in
    /// a conversation goes before.
    pub model: Option<String>,
    /// The mode, in the same way: "plan", "default", … Where `None`, it is the one in which the agent asks
    /// before it acts, if it is known to offer one and `policy` does not allow everything.
    pub mode: Option<String>,
    /// What becomes of what it asks, before people are asked. What it does not ask about is not seen
    /// here before it is done.
    pub policy: PolicySettings,
    /// How long it has until it can be prompted.
    pub ready_limit: Duration,
    /// How long a line of it may be, in bytes.
    pub line_limit: usize,
    /// How long its reply may become, in bytes.
    pub reply_limit: usize,
    /// How long it has to answer a cancel before it is ended, and then to end by itself before it
    /// is killed. Longer together than the limit that the dispatcher sets (0.9 s) is of no use.
    pub stop_pause: Duration,
    /// How long its input stays open when it has answered: some write their session down only then,
    /// and end at once with their input.
    pub settle_pause: Duration,
    /// How long it has to end by itself when its input is closed.
    pub exit_pause: Duration,
}

impl AcpSettings {
    /// A program without arguments, and the usual limits.
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
            // As much as a picture that a tool read.
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
    /// Where it works, unless the persona says otherwise: absolute.
    directory: PathBuf,
    clock: Arc<dyn Clock>,
    /// People were told that it is not known to ask.
    told_unasking: AtomicBool,
}

/// How an agent answered a prompt.
struct Answered {
    /// `None` where it gave a reason that is not known.
    stop: Option<StopReason>,
    usage: Usage,
}

/// How a child ended.
struct Ended {
    status: io::Result<ExitStatus>,
    /// What came of the talk; `None` where it had to be broken off.
    said: Option<Result<Answered, Trouble>>,
}

impl AcpAgent {
    /// An agent that runs this program. Whether the program is there shows when it first answers; only
    /// a policy that cannot be used is an error here.
    pub fn new(settings: AcpSettings, clock: Arc<dyn Clock>) -> Result<Self, PolicyError> {
        let directory = settings.directory.as_deref().unwrap_or(Path::new("."));
        // Where even our own directory is not known, it does not exist: then so it is said.
        let directory = std::path::absolute(directory).unwrap_or_else(|_| directory.to_owned());
        Ok(Self {
            policy: Policy::new(&settings.policy)?,
            settings,
            directory,
            clock,
            told_unasking: AtomicBool::new(false),
        })
    }

    /// Where it works on a turn.
    fn directory<'a>(&'a self, turn: &'a Turn) -> &'a Path {
        turn.persona.directory.as_deref().unwrap_or(&self.directory)
    }

    async fn start(&self, turn: &Turn) -> Result<(Child, Pipes), AgentError> {
        let settings = &self.settings;
        let program = Program {
            name: &settings.program,
            args: &settings.args,
            env: environment::of(turn, &settings.env),
            directory: Some(self.directory(turn)),
            input: Input::Pipe,
        };
        let started = Child::start(program).await;
        started.map_err(|error| child::failure::not_started(&settings.program, &error))
    }

    /// Talks with an agent until it is gone.
    async fn attend<'a>(
        &self,
        (mut child, pipes): (Child, Pipes),
        turn: &Turn,
        io: &'a TurnIo,
        hearing: &mut Hearing<'a>,
        complaints: &mut Complaints,
    ) -> Ended {
        let Pipes {
            stdin,
            mut stdout,
            stderr,
        } = pipes;
        let clock = &*self.clock;
        let mut overhear = pin!(complaints.overhear(stderr));
        let mut overheard = false;
        let incoming = Incoming::new(&mut stdout, self.settings.line_limit);
        let mut talk = pin!(self.talk(turn, io, incoming, Outgoing::new(stdin), hearing));
        let mut said = None;
        let mut stopping = false;
        let mut ending = Ending::new([Step {
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
                () = child.ended() => break,
                signal = ending.due(clock) => child.signal(signal),
                () = &mut overhear, if !overheard => overheard = true,
            }
        }
        // What it left running would hold its pipes open.
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
            // There is no other place for it in this version of the protocol.
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
            images::of(turn, images::WIDEST_KEPT).await
        } else {
            Seen::default()
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
            // Its model's server may have refused the images, and the words are to be answered.
            let (turn, code) = (turn.claim.turn, error.code);
            // What it says of it may hold its keys.
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

/// What an agent that answered has said.
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
        // Some take a no for a cancel of all that they do.
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
        let mut complaints = Complaints::default();
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

/// What an agent says that it used. The protocol's own field for it is not yet settled.
fn usage(answer: &Value) -> Usage {
    let count = |key: &str| answer.pointer(&format!("/usage/{key}"))?.as_u64();
    Usage {
        input_tokens: count("inputTokens"),
        output_tokens: count("outputTokens"),
        ..Usage::default()
    }
}
