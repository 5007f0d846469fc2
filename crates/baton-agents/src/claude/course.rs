//! The output of a CLI so far, and the part that people see.

use std::path::PathBuf;

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::{TurnIo, TurnOver};
use baton_core::name::SessionId;
use baton_core::turn::Usage;

mod answer;
mod used;

use super::asking::Asking;
use super::doing::Doing;
use super::events::{
    ApiError, ApiRetry, BackgroundTask, Compaction, Event, Finished, Text, ToolStarted,
};
use super::failure;
use super::handing::Handing;
use crate::text;
pub(super) use answer::Taken;
use answer::{Answer, Repeats, Short};

/// Limit of all text of a CLI in one turn, in bytes.
pub(super) const TEXT_LIMIT: usize = 1024 * 1024;

/// Limit of lines outside the protocol.
const MALFORMED: usize = 1_000;

/// The state of a CLI during a turn, built from its output.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// Whether any output came.
    pub(super) heard: bool,
    /// The current session of the CLI.
    pub(super) session: Option<SessionId>,
    /// Whether the session is recorded for the conversation.
    is_kept: bool,
    /// All text shown to people.
    pub(super) said: String,
    /// One reply for each finished message.
    pub(super) replies: Vec<String>,
    /// Why a reply was cut short.
    short: Option<Short>,
    /// The CLI's last report of an end.
    pub(super) finished: Option<Box<Finished>>,
    /// The last error of the model's server.
    pub(super) api_error: Option<ApiError>,
    /// Whether the output exceeded a limit.
    pub(super) too_much: bool,
    pub(super) usage: Usage,
    pub(super) doing: Doing,
    /// The messages steered after the first one.
    pub(super) handing: Handing,
    /// The tasks in the background.
    pub(super) background: Vec<BackgroundTask>,
    /// The pieces received of the current text.
    begun: String,
    /// The texts since the last tool. `before` holds the texts between the last end and the last tool.
    lately: String,
    before: String,
    pace: Pace,
    answer: Answer,
    repeats: Repeats,
    /// An activity that ends at the next event: a pause before another try, or a compaction.
    passing: Option<Activity>,
    asides: usize,
    malformed: usize,
}

/// The phase of a CLI.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pace {
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
pub(super) enum Rest {
    /// The CLI works.
    More,
    /// The model has answered, but the CLI has not reported the end. If the CLI reports its state, hooks
    /// may still run, and may let the model go on.
    Said { tells_state: bool },
    /// The CLI has answered. Commands run in the background, and the end of one can let the CLI continue.
    Commands,
    /// The CLI has answered, but does not report its state. So the CLI may or may not continue.
    Perhaps,
    /// The CLI is idle.
    Nothing,
}

impl Course {
    /// The state of a CLI with one message. `session` is the session to resume, if any.
    pub(super) fn new(session: Option<SessionId>, directory: PathBuf) -> Self {
        Self {
            is_kept: session.is_some(),
            session,
            doing: Doing::new(directory),
            ..Self::default()
        }
    }

    /// Whether the CLI works on a message, or holds a steered message.
    pub(super) fn works(&self) -> bool {
        self.pace == Pace::Works || self.handing.is_open()
    }

    /// Whether the CLI produced text, or continues a recorded session.
    pub(super) fn came_to_something(&self) -> bool {
        self.is_kept || !self.said.is_empty()
    }

    /// Whether the model has answered, according to its messages.
    fn has_said(&self) -> bool {
        self.answer.is_whole() && self.may_have_said()
    }

    /// Whether nothing else keeps the CLI at work.
    fn may_have_said(&self) -> bool {
        self.pace == Pace::Works && self.background.is_empty() && !self.handing.is_open()
    }

    /// Takes the model's answer as the reply, without the CLI's report of the end.
    pub(super) fn take_answer(&mut self, taken: Taken) {
        let is_cut = taken == Taken::Over && self.answer.is_cut() && self.may_have_said();
        if is_cut || self.has_said() {
            self.pace = Pace::Answered;
            self.answer.taken = Some(taken);
            let (short, _) = self.answer.ended(None);
            self.short = self.short.or(short);
            let reply = self.all_lately();
            self.replies.push(reply);
        }
    }

    /// Why the last reply was [taken](Self::take_answer) without the CLI's report, if it was.
    pub(super) fn taken(&self) -> Option<Taken> {
        self.answer.taken
    }

    /// The note under a reply that was cut short.
    pub(super) fn cut_short(&self) -> Option<&'static str> {
        self.short.map(Short::told)
    }

    /// Takes all texts since the last end.
    fn all_lately(&mut self) -> String {
        let mut all = std::mem::take(&mut self.before);
        join(&mut all, &std::mem::take(&mut self.lately));
        all
    }

    /// Returns the work that remains.
    pub(super) fn rest(&self) -> Rest {
        if self.has_said() {
            Rest::Said {
                tells_state: self.answer.tells_state,
            }
        } else if self.works() {
            Rest::More
        } else if self.background.iter().any(|task| !task.is_command()) {
            // The model reads the report of a helper when the helper ends.
            Rest::More
        } else if !self.background.is_empty() {
            Rest::Commands
        } else if self.pace == Pace::Idle {
            Rest::Nothing
        } else {
            Rest::Perhaps
        }
    }

    /// Records an event, and shows people their part.
    pub(super) async fn hear(
        &mut self,
        event: Event,
        io: &TurnIo,
        asking: &Asking<'_>,
    ) -> Result<(), TurnOver> {
        if self.repeats.hold(&event) {
            return Ok(());
        }
        self.answer.hear(&event, self.lately.len());
        match event {
            Event::SessionStarted(started) => {
                self.pace = Pace::Works;
                if let Some(session) = started.session_id {
                    self.goes_on_in(session);
                }
            }
            Event::SessionChanged { session_id } => self.goes_on_in(session_id),
            Event::TextDelta(delta) if delta.parent.is_none() => {
                self.passed(io).await;
                self.piece(&delta.text, io).await;
            }
            Event::Text(text) if text.parent.is_none() => {
                self.passed(io).await;
                self.whole(text, io).await;
            }
            Event::ToolStarted(tool) => {
                self.keep_session(io).await?;
                asking.begin_effects().await?;
                self.passed(io).await;
                self.tool(&tool, io).await;
            }
            Event::ToolEnded(tool) => {
                let ended = self.doing.ended(&tool);
                show(ended, io).await;
            }
            Event::Task(task) => {
                let new = self.doing.task(&task);
                show(new, io).await;
            }
            Event::BackgroundTasks(tasks) => self.background = tasks,
            Event::Compaction(compaction) => self.compaction(compaction, io).await,
            Event::ApiRetry(retry) => {
                let title = retry_title(&retry);
                self.passes("api-retry", title, io).await;
            }
            Event::State(state) => self.state(&state),
            Event::MessageMoved { uuid, state } => {
                self.handing.moved(&uuid, &state);
                self.took(io).await;
            }
            Event::Finished(finished) => {
                self.passed(io).await;
                self.finished(finished);
                self.took(io).await;
                io.used(self.usage.clone()).await;
            }
            Event::Malformed { why, excerpt } => {
                if self.malformed == 0 {
                    tracing::warn!(%why, "a line of the Claude CLI cannot be read");
                }
                tracing::debug!(%why, excerpt, "a line cannot be read");
                self.malformed += 1;
                // Too many such lines: the program is no Claude CLI.
                self.too_much |= self.malformed > MALFORMED;
            }
            Event::Unknown { kind, excerpt } => {
                tracing::debug!(kind, excerpt, "the Claude CLI says what is not known here");
            }
            Event::Notice(notice) => {
                tracing::info!(kind = notice.kind, "the Claude CLI says: {}", notice.text);
            }
            other => tracing::trace!(?other, "nothing to be done"),
        }
        Ok(())
    }

    fn state(&mut self, state: &str) {
        match state {
            "running" => self.pace = Pace::Works,
            "idle" => {
                self.take_answer(Taken::Over);
                if self.pace == Pace::Answered {
                    self.pace = Pace::Idle;
                }
            }
            _ => {}
        }
    }

    /// Reports the steered messages that are answered.
    async fn took(&mut self, io: &TurnIo) {
        let finished = self.finished.as_ref();
        if self.pace != Pace::Works && finished.is_some_and(|finished| finished.succeeded()) {
            for message in self.handing.answered() {
                io.took(message).await;
            }
        }
    }

    fn goes_on_in(&mut self, session: String) {
        let session = SessionId::from(session);
        if self.session.as_ref() != Some(&session) {
            self.session = Some(session);
            self.is_kept = false;
        }
    }

    /// Records the session before the first tool runs. If Baton ends here, the retry must find the work in
    /// the session. A session without tool runs is no loss, and may not be on disk yet.
    async fn keep_session(&mut self, io: &TurnIo) -> Result<(), TurnOver> {
        if let Some(session) = self.session.as_ref().filter(|_| !self.is_kept) {
            io.keep_session(session.clone()).await?;
            self.is_kept = true;
        }
        Ok(())
    }

    /// Shows a piece of a text.
    async fn piece(&mut self, piece: &str, io: &TurnIo) {
        if self.begun.is_empty() && !self.said.is_empty() && !self.said.ends_with('\n') {
            self.say("\n\n", io).await;
        }
        self.begun.push_str(piece);
        self.say(piece, io).await;
    }

    async fn say(&mut self, text: &str, io: &TurnIo) {
        if self.said.len() + text.len() > TEXT_LIMIT {
            self.too_much = true;
            return;
        }
        self.said.push_str(text);
        io.say(text).await;
    }

    /// Takes a complete text. Pieces of the text may have been streamed before.
    async fn whole(&mut self, text: Text, io: &TurnIo) {
        if text.api_error.is_some() {
            self.api_error = text.api_error;
            return;
        }
        if let Some(rest) = text.text.strip_prefix(&self.begun).map(str::to_owned)
            && !rest.is_empty()
        {
            self.piece(&rest, io).await;
        }
        self.begun.clear();
        if !text.text.trim().is_empty() {
            join(&mut self.lately, &text.text);
        }
    }

    /// Shows the start of a tool. Text before a tool is not part of the reply, and is shown as an activity.
    async fn tool(&mut self, tool: &ToolStarted, io: &TurnIo) {
        if tool.parent.is_none() && !self.lately.is_empty() {
            let said = std::mem::take(&mut self.lately);
            self.asides += 1;
            let aside = Activity {
                id: format!("aside-{}-{}", self.asides, tool.id),
                title: text::beginning(&said, []),
                detail: said.clone(),
                state: ActivityState::Done,
                within: None,
            };
            join(&mut self.before, &said);
            io.show(aside).await;
        }
        let activity = self.doing.started(tool);
        io.show(activity).await;
    }

    async fn compaction(&mut self, compaction: Compaction, io: &TurnIo) {
        match compaction {
            Compaction::Started => {
                let title = "Making the conversation shorter".to_owned();
                self.passes("compaction", title, io).await;
            }
            Compaction::Ended(Ok(())) | Compaction::Boundary { .. } => self.passed(io).await,
            Compaction::Ended(Err(why)) => {
                // The CLI's text may contain words of the model's server.
                tracing::warn!(why, "the Claude CLI cannot make a conversation shorter");
                if let Some(mut activity) = self.passing.take() {
                    activity.state = ActivityState::Failed;
                    io.show(activity).await;
                }
            }
        }
    }

    /// Shows an activity that ends at the next event.
    async fn passes(&mut self, id: &str, title: String, io: &TurnIo) {
        let activity = Activity {
            id: id.to_owned(),
            title,
            detail: String::new(),
            state: ActivityState::Running,
            within: None,
        };
        self.passing = Some(activity.clone());
        io.show(activity).await;
    }

    async fn passed(&mut self, io: &TurnIo) {
        if let Some(activity) = &mut self.passing {
            activity.state = ActivityState::Done;
            show(self.passing.take(), io).await;
        }
    }

    /// Records the CLI's report that a message is answered or failed.
    fn finished(&mut self, mut finished: Box<Finished>) {
        self.pace = Pace::Answered;
        self.begun.clear();
        used::add(&mut self.usage, &finished);
        let (mut short, goes_on) = self.answer.ended(finished.stop_reason.as_deref());
        let lately = self.lately.clone();
        // The report of an answer that was already taken may still come, once.
        let taken = self.answer.taken.take();
        let all = match taken.and_then(|_| self.replies.pop()) {
            Some(taken) => taken,
            None => self.all_lately(),
        };
        let kind = self.api_error.as_ref().and_then(|it| it.kind.as_deref());
        let reached_limit = !finished.succeeded() && kind == Some(failure::LENGTH);
        let is_cut = reached_limit && !all.trim().is_empty();
        if is_cut {
            // The text so far is the reply, because the CLI's own text describes the failure.
            finished.is_error = false;
            finished.subtype = None;
            finished.text = None;
            short = Some(Short::Length);
        }
        if finished.succeeded() {
            let text = finished.text.clone().unwrap_or_default();
            let reply = if (is_cut || goes_on) && !lately.is_empty() {
                lately
            } else if text.trim().is_empty() {
                all
            } else {
                text
            };
            if !reply.trim().is_empty() {
                self.replies.push(reply);
                self.short = self.short.or(short);
            }
        }
        self.finished = Some(finished);
    }
}

async fn show(activity: Option<Activity>, io: &TurnIo) {
    if let Some(activity) = activity {
        io.show(activity).await;
    }
}

fn join(all: &mut String, more: &str) {
    if !all.is_empty() && !more.is_empty() {
        all.push_str("\n\n");
    }
    all.push_str(more);
}

fn retry_title(retry: &ApiRetry) -> String {
    let why = match (&retry.error.kind, retry.error.status) {
        (Some(kind), _) => kind.replace('_', " "),
        (None, Some(status)) => format!("status {status}"),
        (None, None) => "no connection".to_owned(),
    };
    match (retry.attempt, retry.max) {
        (Some(attempt), Some(max)) => {
            format!("Asking the model again, {attempt} of {max} ({why})")
        }
        _ => format!("Asking the model again ({why})"),
    }
}
