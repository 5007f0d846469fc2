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

use super::super::cli_process::{CliProcess, EXIT_LIMIT};
use super::super::events::{ControlRequest, Event};
use super::super::permission_handler::PermissionHandler;
use super::super::transcript::{RemainingWork, TakeReason, TranscriptState};
use super::super::{ClaudeSettings, outgoing, prompt_escaping, steering};
use super::{CliOutcome, EarlyEnd};
use crate::child::{LAST_WORDS, SignalSchedule, SignalStep};

/// Size of the read buffer, in bytes.
const BUFFER_SIZE: usize = 64 * 1024;
/// Limit of open requests; the CLI has no reason for more.
const OPEN_LIMIT: usize = 1_000;

/// How long the CLI may take to end after an interrupt request, and after each signal. The sum is less than a
/// stop may take.
const INTERRUPTED: Duration = Duration::from_millis(400);
const SIGNALLED: Duration = Duration::from_millis(150);
/// How long Baton waits for more output of a CLI that does not report its state.
const STATELESS_PAUSE: Duration = Duration::from_secs(2);
/// How long to wait for the end of the turn after the model's answer. A CLI that reports its state may
/// first run hooks, so it gets more time.
const REPORT_LIMIT: Duration = Duration::from_secs(10);
const REPORT_LIMIT_WITH_HOOKS: Duration = Duration::from_mins(2);
/// How long a kept CLI may take to confirm its next turn, before a new CLI replaces it.
pub(super) const CONFIRM_LIMIT: Duration = Duration::from_secs(10);

/// A pending answer to a request: the request's id, and the line.
type PendingAnswer<'a> = Abortable<BoxFuture<'a, (String, String)>>;

pub(super) struct CliExchange<'a> {
    settings: &'a ClaudeSettings,
    clock: &'a dyn Clock,
    io: &'a TurnIo,
    permissions: &'a PermissionHandler<'a>,
    /// The turn to answer.
    turn: &'a Turn,
    cli: CliProcess,
    /// Whether the CLI was kept from an earlier turn.
    was_warm: bool,
    transcript: TranscriptState,
    /// The pending answers.
    answers: FuturesUnordered<PendingAnswer<'a>>,
    /// Handles to cancel the pending answers, by the request's id.
    open: BTreeMap<String, AbortHandle>,
    ending: SignalSchedule,
    early_end: Option<EarlyEnd>,
    left_running: Vec<String>,
    /// Whether the CLI may be kept after its answer, and whether the CLI is kept.
    may_stay: bool,
    stays: bool,
    /// The time of the last output, or of the last answer to a request.
    last_activity: Steady,
    /// The remaining work, and the time of its last change.
    remaining: (RemainingWork, Steady),
}

impl<'a> CliExchange<'a> {
    pub(super) fn new(
        settings: &'a ClaudeSettings,
        clock: &'a dyn Clock,
        io: &'a TurnIo,
        permissions: &'a PermissionHandler<'a>,
        turn: &'a Turn,
        (cli, was_warm): (CliProcess, bool),
        transcript: TranscriptState,
    ) -> Self {
        let step = |signal| SignalStep {
            signal,
            pause: SIGNALLED,
        };
        Self {
            settings,
            clock,
            io,
            permissions,
            turn,
            cli,
            was_warm,
            transcript,
            answers: FuturesUnordered::new(),
            open: BTreeMap::new(),
            ending: SignalSchedule::new([Signal::SIGINT, Signal::SIGTERM].map(step)),
            early_end: None,
            left_running: Vec::new(),
            may_stay: false,
            stays: false,
            last_activity: clock.steady(),
            remaining: (RemainingWork::InProgress, clock.steady()),
        }
    }

    /// Talks with the child until the child is gone. If `may_stay`, an idle child is returned instead.
    pub(super) async fn run_exchange(mut self, may_stay: bool) -> (CliOutcome, Option<CliProcess>) {
        let (clock, io) = (self.clock, self.io);
        self.may_stay = may_stay;
        let mut buffer = vec![0; BUFFER_SIZE];
        let mut stdout_open = true;
        while !self.stays {
            let timeout = self.next_timeout();
            tokio::select! {
                biased;
                () = io.stop.cancelled(), if self.early_end.is_none() => self.end_early(EarlyEnd::Stopped),
                Some(answered) = self.answers.next(), if !self.answers.is_empty() => {
                    if let Ok((request, line)) = answered {
                        self.open.remove(&request);
                        self.cli.input.queue_line(&line);
                        self.last_activity = clock.steady();
                    }
                }
                message = io.next_offered(), if self.can_steer() => self.steer_message(&message),
                () = self.cli.input.write_queued(), if self.cli.input.is_due() => {}
                read = self.cli.stdout.read(&mut buffer), if stdout_open => {
                    stdout_open = matches!(read, Ok(1..));
                    if let Ok(read @ 1..) = read {
                        let events = self.cli.reader.push(&buffer[..read]);
                        self.handle_events(events).await;
                    } else {
                        self.ending.begin_after(clock, EXIT_LIMIT);
                    }
                    if self.transcript.too_much && self.early_end.is_none() {
                        self.end_early(EarlyEnd::TooMuch);
                        self.cli.child.kill();
                    }
                }
                () = self.cli.complaints.read_stream(&mut self.cli.stderr), if self.cli.stderr_open => {
                    self.cli.stderr_open = false;
                }
                () = self.cli.child.wait_until_ended() => break,
                signal = self.ending.next_signal(clock) => self.cli.child.signal(signal),
                () = clock.sleep_until(timeout.unwrap_or(self.last_activity)), if timeout.is_some() => {
                    self.handle_timeout();
                }
            }
        }
        self.end_exchange(stdout_open).await
    }

    /// Returns an idle child, or waits until the child is gone and has no more output.
    async fn end_exchange(mut self, stdout_open: bool) -> (CliOutcome, Option<CliProcess>) {
        if self.early_end == Some(EarlyEnd::Stopped) {
            for message in self.transcript.steering.take_stopped() {
                self.io.took(message).await;
            }
        }
        self.cancel_answers();
        if self.stays {
            let mut cli = self.cli;
            cli.session.clone_from(&self.transcript.session);
            let outcome = CliOutcome {
                transcript: self.transcript,
                status: Ok(ExitStatus::default()),
                complaints: String::new(),
                early_end: None,
                left_running: Vec::new(),
                files_lost: false,
            };
            return (outcome, Some(cli));
        }
        // Processes left by the CLI would hold the pipes open.
        let status = self.cli.child.reap().await;
        let clock = self.clock;
        let end = clock.steady().after(LAST_WORDS);
        tokio::select! {
            () = self.read_last_output(stdout_open) => {}
            () = clock.sleep_until(end) => {}
        }
        let outcome = CliOutcome {
            transcript: self.transcript,
            status,
            complaints: self.cli.complaints.text(),
            early_end: self.early_end,
            left_running: self.left_running,
            files_lost: false,
        };
        (outcome, None)
    }

    /// Reads the last output of a child that is gone.
    async fn read_last_output(&mut self, mut stdout_open: bool) {
        let mut buffer = vec![0; BUFFER_SIZE];
        loop {
            tokio::select! {
                read = self.cli.stdout.read(&mut buffer), if stdout_open => {
                    stdout_open = matches!(read, Ok(1..));
                    let events = self.cli.reader.push(&buffer[..read.unwrap_or(0)]);
                    self.handle_events(events).await;
                }
                () = self.cli.complaints.read_stream(&mut self.cli.stderr), if self.cli.stderr_open => {
                    self.cli.stderr_open = false;
                }
                else => break,
            }
        }
        let events = std::mem::take(&mut self.cli.reader).finish();
        self.handle_events(events).await;
        self.transcript.take_answer(TakeReason::Over);
    }

    async fn handle_events(&mut self, events: Vec<Event>) {
        self.transcript.has_output |= !events.is_empty();
        for event in events {
            match event {
                Event::Request(request) => self.start_answer(*request),
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
                        .for_each(|request| self.start_answer(request));
                }
                event => {
                    if self
                        .transcript
                        .record_event(event, self.io, self.permissions)
                        .await
                        .is_err()
                    {
                        self.end_early(EarlyEnd::Over);
                    }
                }
            }
        }
        self.last_activity = self.clock.steady();
        let remaining_work = self.transcript.remaining_work();
        if remaining_work != self.remaining.0 {
            self.remaining = (remaining_work, self.last_activity);
        }
    }

    fn can_steer(&self) -> bool {
        self.early_end.is_none()
            && !self.ending.has_begun()
            && self.transcript.steering.is_possible()
    }

    /// Steers a message to the CLI. The CLI takes up the message when possible.
    fn steer_message(&mut self, message: &Message) {
        if !message.attachments.is_empty() {
            // A turn of its own stores the attachments in files for the CLI.
            self.transcript.steering.stop_steering();
            return;
        }
        let uuid = steering::random_uuid();
        let text = self.turn.prompt_of(message);
        let line = prompt_escaping::escape_message(&text, &[], &self.settings.commands, &uuid);
        self.cli.input.queue_line(&line);
        self.transcript.steering.add_message(uuid, message.id);
        self.remaining = (self.transcript.remaining_work(), self.clock.steady());
    }

    fn start_answer(&mut self, request: ControlRequest) {
        let id = request.request_id.clone();
        if self.ending.has_begun() || self.open.contains_key(&id) {
            return;
        }
        if self.open.len() == OPEN_LIMIT {
            self.cli
                .input
                .queue_line(&outgoing::refuse(&id, "too many questions are open"));
            return;
        }
        let (handle, registration) = AbortHandle::new_pair();
        self.open.insert(id.clone(), handle);
        let permissions = self.permissions;
        let answer: BoxFuture<'a, _> =
            Box::pin(async move { (id, permissions.answer_request(request).await) });
        self.answers.push(Abortable::new(answer, registration));
    }

    /// Ends the CLI early: by an interrupt request, then by signals.
    fn end_early(&mut self, early_end: EarlyEnd) {
        self.early_end.get_or_insert(early_end);
        self.cancel_answers();
        self.cli.input.queue_line(&outgoing::interrupt_turn("stop"));
        self.cli.input.close_after_queue();
        self.ending.begin_after(self.clock, INTERRUPTED);
    }

    /// Cancels all pending answers.
    fn cancel_answers(&mut self) {
        self.answers.clear();
        self.open.clear();
    }

    /// Whether the CLI can be kept: the message succeeded, and nothing is pending.
    fn can_stay_warm(&self) -> bool {
        let finished = self.transcript.finished.as_ref();
        self.may_stay
            && self.early_end.is_none()
            && !self.ending.has_begun()
            && self.open.is_empty()
            && !self.cli.input.is_due()
            && finished.is_some_and(|finished| finished.has_succeeded())
    }

    /// Returns the time of the next timeout, if any.
    fn next_timeout(&self) -> Option<Steady> {
        if self.ending.has_begun() {
            return None;
        }
        let (remaining_work, since) = self.remaining;
        if self.was_warm && !self.transcript.has_output {
            return Some(self.last_activity.after(CONFIRM_LIMIT));
        }
        match remaining_work {
            RemainingWork::EndReport { tells_state: false } => {
                Some(self.last_activity.after(REPORT_LIMIT))
            }
            RemainingWork::EndReport { tells_state: true } => {
                Some(self.last_activity.after(REPORT_LIMIT_WITH_HOOKS))
            }
            RemainingWork::InProgress => {
                let waits = self.transcript.tool_runs.is_busy() || !self.answers.is_empty();
                let silence = self.settings.silence.filter(|_| !waits);
                silence.map(|silence| self.last_activity.after(silence))
            }
            RemainingWork::Commands => Some(since.after(self.settings.background)),
            RemainingWork::Unknown => Some(since.after(STATELESS_PAUSE)),
            RemainingWork::Nothing => Some(since),
        }
    }

    fn handle_timeout(&mut self) {
        if self.was_warm && !self.transcript.has_output {
            tracing::warn!("a warm Claude CLI does not answer, and is replaced");
            self.early_end.get_or_insert(EarlyEnd::Deaf);
            self.cli.child.kill();
            self.ending.begin_after(self.clock, EXIT_LIMIT);
            return;
        }
        match self.remaining.0 {
            RemainingWork::EndReport { .. } => {
                tracing::warn!(
                    "a Claude CLI answered and does not end its turn; the answer is taken"
                );
                self.transcript.take_answer(TakeReason::Silent);
                self.cli.input.close_after_queue();
                self.ending.begin_after(self.clock, EXIT_LIMIT);
            }
            RemainingWork::InProgress => {
                self.end_early(EarlyEnd::Silent);
            }
            RemainingWork::Commands => {
                let left_running = self.transcript.background.iter();
                self.left_running = left_running.map(|task| task.name().to_owned()).collect();
                self.cli.input.close_after_queue();
                // Without a signal, the CLI would wait for its commands.
                self.ending.begin(self.clock);
            }
            RemainingWork::Nothing if self.can_stay_warm() => self.stays = true,
            RemainingWork::Unknown | RemainingWork::Nothing => {
                self.cli.input.close_after_queue();
                self.ending.begin_after(self.clock, EXIT_LIMIT);
            }
        }
    }
}
