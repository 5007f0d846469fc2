//! The output of a CLI so far, and the part that people see.

use std::path::PathBuf;

use baton_core::activity::Activity;
use baton_core::agent::{TurnIo, TurnOver};
use baton_core::name::SessionId;
use baton_core::turn::Usage;

mod answer_detector;
mod shown_steps;
mod usage_sum;

use super::claude_errors;
use super::events::{AssistantText, BackgroundTask, Event, ModelApiError, ResultMessage};
use super::permission_handler::PermissionHandler;
use super::steering::SteeredMessages;
use super::tool_runs::ToolRuns;
pub(super) use answer_detector::TakeReason;
use answer_detector::{AnswerDetector, CutReason, RepeatFilter};
use shown_steps::show_activity;

/// Limit of all text of a CLI in one turn, in bytes.
pub(super) const TEXT_LIMIT: usize = 1024 * 1024;

/// Limit of lines outside the protocol.
const MALFORMED_LIMIT: usize = 1_000;

/// The state of a CLI during a turn, built from its output.
#[derive(Debug, Default)]
pub(super) struct TranscriptState {
    /// Whether any output came.
    pub(super) has_output: bool,
    /// The current session of the CLI.
    pub(super) session: Option<SessionId>,
    /// Whether the session is recorded for the conversation.
    is_recorded: bool,
    /// All text shown to people.
    pub(super) shown_text: String,
    /// One reply for each finished message.
    pub(super) replies: Vec<String>,
    /// Why a reply was cut short.
    cut_reason: Option<CutReason>,
    /// The CLI's last report of an end.
    pub(super) finished: Option<Box<ResultMessage>>,
    /// The last error of the model's server.
    pub(super) api_error: Option<ModelApiError>,
    /// Whether the output exceeded a limit.
    pub(super) too_much: bool,
    pub(super) usage: Usage,
    pub(super) tool_runs: ToolRuns,
    /// The messages steered after the first one.
    pub(super) steering: SteeredMessages,
    /// The tasks in the background.
    pub(super) background: Vec<BackgroundTask>,
    /// The pieces received of the current text.
    current_text: String,
    /// The texts since the last tool. `earlier_text` holds the texts between the last end and the last tool.
    recent_text: String,
    earlier_text: String,
    phase: CliPhase,
    answer: AnswerDetector,
    repeats: RepeatFilter,
    /// An activity that ends at the next event: a pause before another try, or a compaction.
    passing: Option<Activity>,
    asides: usize,
    malformed: usize,
}

/// The phase of a CLI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum CliPhase {
    /// The CLI works on a message.
    #[default]
    Works,
    /// The message is answered, or failed.
    Answered,
    /// The message is answered, and the CLI reported the idle state.
    Idle,
}

/// The work that remains for a CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum RemainingWork {
    /// The CLI works.
    InProgress,
    /// The model has answered, but the CLI has not reported the end. If the CLI reports its state, hooks
    /// may still run, and may let the model go on.
    EndReport { tells_state: bool },
    /// The CLI has answered. Commands run in the background, and the end of one can let the CLI continue.
    Commands,
    /// The CLI has answered, but does not report its state. So the CLI may or may not continue.
    Unknown,
    /// The CLI is idle.
    Nothing,
}

impl TranscriptState {
    /// The state of a CLI with one message. `session` is the session to resume, if any.
    pub(super) fn new(session: Option<SessionId>, directory: PathBuf) -> Self {
        Self {
            is_recorded: session.is_some(),
            session,
            tool_runs: ToolRuns::new(directory),
            ..Self::default()
        }
    }

    /// Whether the CLI works on a message, or holds a steered message.
    pub(super) fn is_working(&self) -> bool {
        self.phase == CliPhase::Works || self.steering.is_open()
    }

    /// Whether the CLI produced text, or continues a recorded session.
    pub(super) fn came_to_something(&self) -> bool {
        self.is_recorded || !self.shown_text.is_empty()
    }

    /// Whether the model has answered, according to its messages.
    fn has_answered(&self) -> bool {
        self.answer.is_whole() && self.may_have_answered()
    }

    /// Whether nothing else keeps the CLI at work.
    fn may_have_answered(&self) -> bool {
        self.phase == CliPhase::Works && self.background.is_empty() && !self.steering.is_open()
    }

    /// Takes the model's answer as the reply, without the CLI's report of the end.
    pub(super) fn take_answer(&mut self, taken: TakeReason) {
        let is_cut = taken == TakeReason::Over && self.answer.is_cut() && self.may_have_answered();
        if is_cut || self.has_answered() {
            self.phase = CliPhase::Answered;
            self.answer.taken = Some(taken);
            let (cut_reason, _) = self.answer.end_message(None);
            self.cut_reason = self.cut_reason.or(cut_reason);
            let reply = self.take_recent_text();
            self.replies.push(reply);
        }
    }

    /// Why the last reply was [taken](Self::take_answer) without the CLI's report, if it was.
    pub(super) fn taken_reason(&self) -> Option<TakeReason> {
        self.answer.taken
    }

    /// The note under a reply that was cut short.
    pub(super) fn cut_note(&self) -> Option<&'static str> {
        self.cut_reason.map(CutReason::note_text)
    }

    /// Takes all texts since the last end.
    fn take_recent_text(&mut self) -> String {
        let mut all = std::mem::take(&mut self.earlier_text);
        join_paragraphs(&mut all, &std::mem::take(&mut self.recent_text));
        all
    }

    /// Returns the work that remains.
    pub(super) fn remaining_work(&self) -> RemainingWork {
        if self.has_answered() {
            RemainingWork::EndReport {
                tells_state: self.answer.tells_state,
            }
        } else if self.is_working() {
            RemainingWork::InProgress
        } else if self.background.iter().any(|task| !task.is_command()) {
            // The model reads the report of a helper when the helper ends.
            RemainingWork::InProgress
        } else if !self.background.is_empty() {
            RemainingWork::Commands
        } else if self.phase == CliPhase::Idle {
            RemainingWork::Nothing
        } else {
            RemainingWork::Unknown
        }
    }

    /// Records an event, and shows people their part.
    pub(super) async fn record_event(
        &mut self,
        event: Event,
        io: &TurnIo,
        permissions: &PermissionHandler<'_>,
    ) -> Result<(), TurnOver> {
        if self.repeats.is_repeat(&event) {
            return Ok(());
        }
        self.answer.observe_event(&event, self.recent_text.len());
        match event {
            Event::SessionStarted(started) => {
                self.phase = CliPhase::Works;
                if let Some(session) = started.session_id {
                    self.change_session(session);
                }
            }
            Event::SessionChanged { session_id } => self.change_session(session_id),
            Event::TextDelta(delta) if delta.parent.is_none() => {
                self.end_passing(io).await;
                self.show_piece(&delta.text, io).await;
            }
            Event::Text(text) if text.parent.is_none() => {
                self.end_passing(io).await;
                self.record_text(text, io).await;
            }
            Event::ToolStarted(tool) => {
                self.keep_session(io).await?;
                permissions.begin_effects().await?;
                self.end_passing(io).await;
                self.show_tool(&tool, io).await;
            }
            Event::ToolEnded(tool) => {
                let ended = self.tool_runs.record_end(&tool);
                show_activity(ended, io).await;
            }
            Event::Task(task) => {
                let new = self.tool_runs.record_task(&task);
                show_activity(new, io).await;
            }
            Event::BackgroundTasks(tasks) => self.background = tasks,
            Event::Compaction(compaction) => self.show_compaction(compaction, io).await,
            Event::ApiRetry(retry) => self.show_retry(&retry, io).await,
            Event::State(state) => self.record_state(&state),
            Event::MessageMoved { uuid, state } => {
                self.steering.record_state(&uuid, &state);
                self.report_answered_steering(io).await;
            }
            Event::Finished(finished) => {
                self.end_passing(io).await;
                self.record_result(finished);
                self.report_answered_steering(io).await;
                io.used(self.usage.clone()).await;
            }
            Event::Malformed { why, excerpt } => {
                if self.malformed == 0 {
                    tracing::warn!(%why, "a line of the Claude CLI cannot be read");
                }
                tracing::debug!(%why, excerpt, "a line cannot be read");
                self.malformed += 1;
                // Too many such lines: the program is no Claude CLI.
                self.too_much |= self.malformed > MALFORMED_LIMIT;
            }
            Event::Unknown { kind, excerpt } => {
                tracing::debug!(kind, excerpt, "the Claude CLI wrote an unknown line");
            }
            Event::Notice(notice) => {
                tracing::info!(kind = notice.kind, "the Claude CLI says: {}", notice.text);
            }
            other => tracing::trace!(?other, "nothing to be done"),
        }
        Ok(())
    }

    fn record_state(&mut self, state: &str) {
        match state {
            "running" => self.phase = CliPhase::Works,
            "idle" => {
                self.take_answer(TakeReason::Over);
                if self.phase == CliPhase::Answered {
                    self.phase = CliPhase::Idle;
                }
            }
            _ => {}
        }
    }

    /// Reports the steered messages that are answered.
    async fn report_answered_steering(&mut self, io: &TurnIo) {
        let finished = self.finished.as_ref();
        if self.phase != CliPhase::Works
            && finished.is_some_and(|finished| finished.has_succeeded())
        {
            for message in self.steering.take_answered() {
                io.took(message).await;
            }
        }
    }

    fn change_session(&mut self, session: String) {
        let session = SessionId::from(session);
        if self.session.as_ref() != Some(&session) {
            self.session = Some(session);
            self.is_recorded = false;
        }
    }

    /// Records the session before the first tool runs. If Baton ends here, the retry must find the work in
    /// the session. A session without tool runs is no loss, and may not be on disk yet.
    async fn keep_session(&mut self, io: &TurnIo) -> Result<(), TurnOver> {
        if let Some(session) = self.session.as_ref().filter(|_| !self.is_recorded) {
            io.keep_session(session.clone()).await?;
            self.is_recorded = true;
        }
        Ok(())
    }

    /// Takes a complete text. Pieces of the text may have been streamed before.
    async fn record_text(&mut self, text: AssistantText, io: &TurnIo) {
        if text.api_error.is_some() {
            self.api_error = text.api_error;
            return;
        }
        if let Some(rest) = text
            .text
            .strip_prefix(&self.current_text)
            .map(str::to_owned)
            && !rest.is_empty()
        {
            self.show_piece(&rest, io).await;
        }
        self.current_text.clear();
        if !text.text.trim().is_empty() {
            join_paragraphs(&mut self.recent_text, &text.text);
        }
    }

    /// Records the CLI's report that a message is answered or failed.
    fn record_result(&mut self, mut finished: Box<ResultMessage>) {
        self.phase = CliPhase::Answered;
        self.current_text.clear();
        usage_sum::add_usage(&mut self.usage, &finished);
        let (mut cut_reason, goes_on) = self.answer.end_message(finished.stop_reason.as_deref());
        let recent_text = self.recent_text.clone();
        // The report of an answer that was already taken may still come, once.
        let taken = self.answer.taken.take();
        let all = match taken.and_then(|_| self.replies.pop()) {
            Some(taken) => taken,
            None => self.take_recent_text(),
        };
        let kind = self.api_error.as_ref().and_then(|it| it.kind.as_deref());
        let reached_limit = !finished.has_succeeded() && kind == Some(claude_errors::LENGTH);
        let is_cut = reached_limit && !all.trim().is_empty();
        if is_cut {
            // The text so far is the reply, because the CLI's own text describes the failure.
            finished.is_error = false;
            finished.subtype = None;
            finished.text = None;
            cut_reason = Some(CutReason::Length);
        }
        if finished.has_succeeded() {
            let text = finished.text.clone().unwrap_or_default();
            let reply = if (is_cut || goes_on) && !recent_text.is_empty() {
                recent_text
            } else if text.trim().is_empty() {
                all
            } else {
                text
            };
            if !reply.trim().is_empty() {
                self.replies.push(reply);
                self.cut_reason = self.cut_reason.or(cut_reason);
            }
        }
        self.finished = Some(finished);
    }
}

fn join_paragraphs(all: &mut String, more: &str) {
    if !all.is_empty() && !more.is_empty() {
        all.push_str("\n\n");
    }
    all.push_str(more);
}
