//! What a CLI has said so far, and what people see of it.

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

/// How long all that it says may become, in bytes.
pub(super) const TEXT_LIMIT: usize = 1024 * 1024;

/// How many lines may be none of its protocol.
const MALFORMED: usize = 1_000;

/// What a CLI has said so far.
#[derive(Debug, Default)]
pub(super) struct Course {
    /// It said anything at all.
    pub(super) heard: bool,
    /// The session that it works in.
    pub(super) session: Option<SessionId>,
    /// The conversation has it already.
    is_kept: bool,
    /// All that it said to people.
    pub(super) said: String,
    /// What each message of its own came to.
    pub(super) replies: Vec<String>,
    /// What cut one of them short.
    short: Option<Short>,
    /// The last end of one.
    pub(super) finished: Option<Box<Finished>>,
    /// What the model's server said when it failed.
    pub(super) api_error: Option<ApiError>,
    /// It said more than it may.
    pub(super) too_much: bool,
    pub(super) usage: Usage,
    pub(super) doing: Doing,
    /// What was handed in behind the first message.
    pub(super) handing: Handing,
    /// What runs in the background.
    pub(super) background: Vec<BackgroundTask>,
    /// The piece of a text that has come of it so far.
    begun: String,
    /// The texts since the last tool, and those since the last end before them.
    lately: String,
    before: String,
    pace: Pace,
    answer: Answer,
    repeats: Repeats,
    /// What goes on until it goes on itself: a pause before another try, a compaction.
    passing: Option<Activity>,
    asides: usize,
    malformed: usize,
}

/// What a CLI is at.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Pace {
    /// It works on a message.
    #[default]
    Works,
    /// The message is answered, or failed.
    Answered,
    /// And it says that it has nothing more to do.
    Idle,
}

/// How much more is to come of a CLI.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Rest {
    /// It is at work.
    More,
    /// The model has answered, but the CLI has not reported the end. If the CLI reports its state, hooks
    /// may still run, and may let the model go on.
    Said { tells_state: bool },
    /// It has answered; commands run in the background, and one that ends lets it go on.
    Commands,
    /// It has answered, and may or may not go on: a CLI that does not tell.
    Perhaps,
    /// Nothing.
    Nothing,
}

impl Course {
    /// A CLI that was given a message, in a session that is known already.
    pub(super) fn new(session: Option<SessionId>, directory: PathBuf) -> Self {
        Self {
            is_kept: session.is_some(),
            session,
            doing: Doing::new(directory),
            ..Self::default()
        }
    }

    /// Whether it works on a message, or has one that it will work on.
    pub(super) fn works(&self) -> bool {
        self.pace == Pace::Works || self.handing.is_open()
    }

    /// Whether it said something, or goes on in a session that the conversation has already.
    pub(super) fn came_to_something(&self) -> bool {
        self.is_kept || !self.said.is_empty()
    }

    /// Whether the model has answered, according to its messages.
    fn has_said(&self) -> bool {
        self.answer.is_whole() && self.may_have_said()
    }

    /// Whether nothing else keeps it at work.
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

    /// The texts since the last end.
    fn all_lately(&mut self) -> String {
        let mut all = std::mem::take(&mut self.before);
        join(&mut all, &std::mem::take(&mut self.lately));
        all
    }

    /// How much more is to come.
    pub(super) fn rest(&self) -> Rest {
        if self.has_said() {
            Rest::Said {
                tells_state: self.answer.tells_state,
            }
        } else if self.works() {
            Rest::More
        } else if self.background.iter().any(|task| !task.is_command()) {
            // A helper ends, and then its report is read.
            Rest::More
        } else if !self.background.is_empty() {
            Rest::Commands
        } else if self.pace == Pace::Idle {
            Rest::Nothing
        } else {
            Rest::Perhaps
        }
    }

    /// Takes in what it said, and shows people what is theirs.
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
                // Whatever that is, it is no Claude CLI.
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

    /// Tells which of the messages that were handed in are answered.
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

    /// Has the session kept before it acts: if all ends here, the next try must find what was done.
    /// A session in which nothing was done is no loss, nor may it be on disk yet.
    async fn keep_session(&mut self, io: &TurnIo) -> Result<(), TurnOver> {
        if let Some(session) = self.session.as_ref().filter(|_| !self.is_kept) {
            io.keep_session(session.clone()).await?;
            self.is_kept = true;
        }
        Ok(())
    }

    /// More of a text.
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

    /// A whole text, of which pieces may have come.
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

    /// A tool begins. What was said before it is no part of the reply, and is not lost either.
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

    /// Something goes on that ends when anything else is heard of.
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

    /// A message is answered, or failed.
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
            // What was said is the reply, and the CLI's text is about the failure.
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
