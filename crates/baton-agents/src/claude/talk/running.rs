//! Runs the conversation with a child: output, input, timeouts, and the end.

use std::collections::BTreeMap;
use std::process::ExitStatus;
use std::time::Duration;

use baton_core::agent::{Turn, TurnIo};
use baton_core::clock::{Clock, Steady};
use baton_core::message::Message;
use futures_util::StreamExt;
use futures_util::future::{AbortHandle, Abortable, BoxFuture};
use futures_util::stream::FuturesUnordered;
use nix::sys::signal::Signal;
use tokio::io::AsyncReadExt;

use super::super::asking::Asking;
use super::super::cli::{Cli, SAID_ALL};
use super::super::course::{Course, Rest, Taken};
use super::super::events::{ControlRequest, Event};
use super::super::{ClaudeSettings, handing, outgoing, words};
use super::{Cut, Ended};
use crate::child::{LAST_WORDS, SignalSchedule, SignalStep};

/// Size of the read buffer, in bytes.
const PIECE: usize = 64 * 1024;
/// Limit of open requests; the CLI has no reason for more.
const OPEN: usize = 1_000;

/// How long the CLI may take to end after an interrupt request, and after each signal. The sum is less than a
/// stop may take.
const INTERRUPTED: Duration = Duration::from_millis(400);
const SIGNALLED: Duration = Duration::from_millis(150);
/// How long Baton waits for more output of a CLI that does not report its state.
const PERHAPS: Duration = Duration::from_secs(2);
/// How long to wait for the end of the turn after the model's answer. A CLI that reports its state may
/// first run hooks, so it gets more time.
const SAID: Duration = Duration::from_secs(10);
const SAID_WITH_HOOKS: Duration = Duration::from_mins(2);
/// How long a kept CLI may take to confirm its next turn, before a new CLI replaces it.
pub(super) const HEARS: Duration = Duration::from_secs(10);

/// A pending answer to a request: the request's id, and the line.
type Answer<'a> = Abortable<BoxFuture<'a, (String, String)>>;

pub(super) struct Running<'a> {
    settings: &'a ClaudeSettings,
    clock: &'a dyn Clock,
    io: &'a TurnIo,
    asking: &'a Asking<'a>,
    /// The turn to answer.
    turn: &'a Turn,
    cli: Cli,
    /// Whether the CLI was kept from an earlier turn.
    was_kept: bool,
    course: Course,
    /// The pending answers.
    answers: FuturesUnordered<Answer<'a>>,
    /// Handles to cancel the pending answers, by the request's id.
    open: BTreeMap<String, AbortHandle>,
    ending: SignalSchedule,
    cut: Option<Cut>,
    left: Vec<String>,
    /// Whether the CLI may be kept after its answer, and whether the CLI is kept.
    may_stay: bool,
    stays: bool,
    /// The time of the last output, or of the last answer to a request.
    heard: Steady,
    /// The remaining work, and the time of its last change.
    rest: (Rest, Steady),
}

impl<'a> Running<'a> {
    pub(super) fn new(
        settings: &'a ClaudeSettings,
        clock: &'a dyn Clock,
        io: &'a TurnIo,
        asking: &'a Asking<'a>,
        turn: &'a Turn,
        (cli, was_kept): (Cli, bool),
        course: Course,
    ) -> Self {
        let step = |signal| SignalStep {
            signal,
            pause: SIGNALLED,
        };
        Self {
            settings,
            clock,
            io,
            asking,
            turn,
            cli,
            was_kept,
            course,
            answers: FuturesUnordered::new(),
            open: BTreeMap::new(),
            ending: SignalSchedule::new([Signal::SIGINT, Signal::SIGTERM].map(step)),
            cut: None,
            left: Vec::new(),
            may_stay: false,
            stays: false,
            heard: clock.steady(),
            rest: (Rest::More, clock.steady()),
        }
    }

    /// Talks with the child until the child is gone. If `may_stay`, an idle child is returned instead.
    pub(super) async fn attend(mut self, may_stay: bool) -> (Ended, Option<Cli>) {
        let (clock, io) = (self.clock, self.io);
        self.may_stay = may_stay;
        let mut buffer = vec![0; PIECE];
        let mut stdout_open = true;
        while !self.stays {
            let wakes = self.wakes();
            tokio::select! {
                biased;
                () = io.stop.cancelled(), if self.cut.is_none() => self.stop(Cut::Stopped),
                Some(answered) = self.answers.next(), if !self.answers.is_empty() => {
                    if let Ok((request, line)) = answered {
                        self.open.remove(&request);
                        self.cli.input.tell(&line);
                        self.heard = clock.steady();
                    }
                }
                message = io.next_offered(), if self.may_hand_in() => self.hand_in(&message),
                () = self.cli.input.flow(), if self.cli.input.is_due() => {}
                read = self.cli.stdout.read(&mut buffer), if stdout_open => {
                    stdout_open = matches!(read, Ok(1..));
                    if let Ok(read @ 1..) = read {
                        let events = self.cli.reader.push(&buffer[..read]);
                        self.hear(events).await;
                    } else {
                        self.ending.begin_after(clock, SAID_ALL);
                    }
                    if self.course.too_much && self.cut.is_none() {
                        self.stop(Cut::TooMuch);
                        self.cli.child.kill();
                    }
                }
                () = self.cli.complaints.read_stream(&mut self.cli.stderr), if self.cli.stderr_open => {
                    self.cli.stderr_open = false;
                }
                () = self.cli.child.wait_until_ended() => break,
                signal = self.ending.next_signal(clock) => self.cli.child.signal(signal),
                () = clock.sleep_until(wakes.unwrap_or(self.heard)), if wakes.is_some() => {
                    self.wake();
                }
            }
        }
        if self.cut == Some(Cut::Stopped) {
            for message in self.course.handing.stopped() {
                io.took(message).await;
            }
        }
        self.let_go();
        if self.stays {
            let mut cli = self.cli;
            cli.session.clone_from(&self.course.session);
            let ended = Ended {
                course: self.course,
                status: Ok(ExitStatus::default()),
                complaints: String::new(),
                cut: None,
                left: Vec::new(),
                left_out: false,
            };
            return (ended, Some(cli));
        }
        // Processes left by the CLI would hold the pipes open.
        let status = self.cli.child.reap().await;
        let end = clock.steady().after(LAST_WORDS);
        tokio::select! {
            () = self.last_words(stdout_open) => {}
            () = clock.sleep_until(end) => {}
        }
        let ended = Ended {
            course: self.course,
            status,
            complaints: self.cli.complaints.text(),
            cut: self.cut,
            left: self.left,
            left_out: false,
        };
        (ended, None)
    }

    /// Reads the last output of a child that is gone.
    async fn last_words(&mut self, mut stdout_open: bool) {
        let mut buffer = vec![0; PIECE];
        loop {
            tokio::select! {
                read = self.cli.stdout.read(&mut buffer), if stdout_open => {
                    stdout_open = matches!(read, Ok(1..));
                    let events = self.cli.reader.push(&buffer[..read.unwrap_or(0)]);
                    self.hear(events).await;
                }
                () = self.cli.complaints.read_stream(&mut self.cli.stderr), if self.cli.stderr_open => {
                    self.cli.stderr_open = false;
                }
                else => break,
            }
        }
        let events = std::mem::take(&mut self.cli.reader).finish();
        self.hear(events).await;
        self.course.take_answer(Taken::Over);
    }

    async fn hear(&mut self, events: Vec<Event>) {
        self.course.heard |= !events.is_empty();
        for event in events {
            match event {
                Event::Request(request) => self.asked(*request),
                Event::RequestWithdrawn { request_id } => {
                    if let Some(open) = self.open.remove(&request_id) {
                        open.abort();
                    }
                }
                Event::Response(response) => {
                    if let Err(refusal) = response.answer {
                        tracing::info!(request = response.request_id, "{refusal}");
                    }
                    response
                        .pending
                        .into_iter()
                        .for_each(|asked| self.asked(asked));
                }
                event => {
                    if self.course.hear(event, self.io, self.asking).await.is_err() {
                        self.stop(Cut::Over);
                    }
                }
            }
        }
        self.heard = self.clock.steady();
        let rest = self.course.rest();
        if rest != self.rest.0 {
            self.rest = (rest, self.heard);
        }
    }

    fn may_hand_in(&self) -> bool {
        self.cut.is_none() && !self.ending.has_begun() && self.course.handing.is_possible()
    }

    /// Steers a message to the CLI. The CLI takes up the message when possible.
    fn hand_in(&mut self, message: &Message) {
        if !message.attachments.is_empty() {
            // A turn of its own stores the attachments in files for the CLI.
            self.course.handing.stop();
            return;
        }
        let name = handing::name();
        let text = self.turn.prompt_of(message);
        let line = words::line(&text, &[], &self.settings.commands, &name);
        self.cli.input.tell(&line);
        self.course.handing.hand(name, message.id);
        self.rest = (self.course.rest(), self.clock.steady());
    }

    fn asked(&mut self, request: ControlRequest) {
        let id = request.request_id.clone();
        if self.ending.has_begun() || self.open.contains_key(&id) {
            return;
        }
        if self.open.len() == OPEN {
            self.cli
                .input
                .tell(&outgoing::refuse(&id, "too many questions are open"));
            return;
        }
        let (handle, registration) = AbortHandle::new_pair();
        self.open.insert(id.clone(), handle);
        let asking = self.asking;
        let answer: BoxFuture<'a, _> = Box::pin(async move { (id, asking.answer(request).await) });
        self.answers.push(Abortable::new(answer, registration));
    }

    /// Ends the CLI early: by an interrupt request, then by signals.
    fn stop(&mut self, cut: Cut) {
        self.cut.get_or_insert(cut);
        self.let_go();
        self.cli.input.tell(&outgoing::interrupt("stop"));
        self.cli.input.end();
        self.ending.begin_after(self.clock, INTERRUPTED);
    }

    /// Cancels all pending answers.
    fn let_go(&mut self) {
        self.answers.clear();
        self.open.clear();
    }

    /// Whether the CLI can be kept: the message succeeded, and nothing is pending.
    fn is_at_rest(&self) -> bool {
        let finished = self.course.finished.as_ref();
        self.may_stay
            && self.cut.is_none()
            && !self.ending.has_begun()
            && self.open.is_empty()
            && !self.cli.input.is_due()
            && finished.is_some_and(|finished| finished.succeeded())
    }

    /// Returns the time of the next timeout, if any.
    fn wakes(&self) -> Option<Steady> {
        if self.ending.has_begun() {
            return None;
        }
        let (rest, since) = self.rest;
        if self.was_kept && !self.course.heard {
            return Some(self.heard.after(HEARS));
        }
        match rest {
            Rest::Said { tells_state: false } => Some(self.heard.after(SAID)),
            Rest::Said { tells_state: true } => Some(self.heard.after(SAID_WITH_HOOKS)),
            Rest::More => {
                let waits = self.course.doing.is_busy() || !self.answers.is_empty();
                let silence = self.settings.silence.filter(|_| !waits);
                silence.map(|silence| self.heard.after(silence))
            }
            Rest::Commands => Some(since.after(self.settings.background)),
            Rest::Perhaps => Some(since.after(PERHAPS)),
            Rest::Nothing => Some(since),
        }
    }

    fn wake(&mut self) {
        if self.was_kept && !self.course.heard {
            tracing::warn!("a kept Claude CLI does not answer, and is replaced");
            self.cut.get_or_insert(Cut::Deaf);
            self.cli.child.kill();
            self.ending.begin_after(self.clock, SAID_ALL);
            return;
        }
        match self.rest.0 {
            Rest::Said { .. } => {
                tracing::warn!(
                    "a Claude CLI answered and does not end its turn; the answer is taken"
                );
                self.course.take_answer(Taken::Silent);
                self.cli.input.end();
                self.ending.begin_after(self.clock, SAID_ALL);
            }
            Rest::More => {
                self.stop(Cut::Silent);
            }
            Rest::Commands => {
                let left = self.course.background.iter();
                self.left = left.map(|task| task.name().to_owned()).collect();
                self.cli.input.end();
                // Without a signal, the CLI would wait for its commands.
                self.ending.begin(self.clock);
            }
            Rest::Nothing if self.is_at_rest() => self.stays = true,
            Rest::Perhaps | Rest::Nothing => {
                self.cli.input.end();
                self.ending.begin_after(self.clock, SAID_ALL);
            }
        }
    }
}
