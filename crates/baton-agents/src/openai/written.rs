//! The reply of a model, while it arrives.

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::{AgentError, Reply};
use baton_core::notice;
use baton_core::turn::Usage;

use super::chunk::{Choice, Chunk, Piece};
use super::failure;
use super::json::Halves;
use super::thinking::{Parted, Parting, part_at_end};
use crate::text;

/// Limit of the stored reasoning, in characters: the most that an activity can show.
const THOUGHT_KEPT: usize = 4_000;
/// Bytes of new reasoning between two updates of the activity, because each update sends all the reasoning.
const THOUGHT_SHOWN: usize = 500;

/// The reply so far.
#[derive(Debug)]
pub(super) struct Written {
    text: String,
    halves: Halves,
    parting: Parting,
    thoughts: Thoughts,
    usage: Usage,
    /// The index of the choice to read, if the server sends several.
    chosen: Option<u64>,
    /// Whether a chunk had a `delta`.
    has_deltas: bool,
    end: Option<End>,
    /// The meaning of the server's `finish_reason`.
    reasons: Reasons,
    /// Whether a part of the reply was unreadable.
    has_hole: bool,
    limit: usize,
}

/// The meaning of the server's `finish_reason`. Some servers send one with each chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Reasons {
    /// Unknown: so far, each chunk with text had one.
    #[default]
    Unknown,
    /// The end of the reply: a chunk with text had none, or a chunk without text followed.
    MarkTheEnd,
    /// No meaning: text followed one.
    SayNothing,
}

/// Why the reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// The length limit cut the reply short.
    Length,
    /// A content filter cut the reply short.
    Filter,
}

#[derive(Debug, Default)]
struct Thoughts {
    text: String,
    halves: Halves,
    /// How many bytes were shown so far.
    shown: usize,
    state: Option<ActivityState>,
}

/// The new parts for people to see.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) text: String,
    pub(super) thinking: Option<Activity>,
}

impl Written {
    /// An empty reply of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            halves: Halves::default(),
            parting: Parting::default(),
            thoughts: Thoughts::default(),
            usage: Usage::default(),
            chosen: None,
            has_deltas: false,
            end: None,
            reasons: Reasons::default(),
            has_hole: false,
            limit,
        }
    }

    /// The longest reply, in bytes.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Whether no text has arrived.
    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Whether neither text, nor reasoning, nor an end has arrived.
    pub(super) fn is_untouched(&self) -> bool {
        self.is_empty() && self.thoughts.text.is_empty() && self.end.is_none()
    }

    /// Whether the server marked the end, so that a lost connection costs nothing.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some() && self.reasons == Reasons::MarkTheEnd
    }

    /// Whether the last chunk marked an end. A server may mark an end in every chunk; the mark then counts
    /// only if the connection also closes properly.
    pub(super) fn may_have_ended(&self) -> bool {
        self.end.is_some()
    }

    /// The tokens used so far.
    pub(super) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// Notes that a part of the reply was unreadable.
    pub(super) fn note_hole(&mut self) {
        self.has_hole = true;
    }

    /// Adds a chunk; returns its new parts.
    pub(super) fn take(&mut self, chunk: Chunk) -> Result<News, AgentError> {
        let Usage {
            input_tokens,
            output_tokens,
            ..
        } = chunk.usage;
        self.usage.input_tokens = input_tokens.or(self.usage.input_tokens);
        self.usage.output_tokens = output_tokens.or(self.usage.output_tokens);
        let has_usage = input_tokens.is_some() || output_tokens.is_some();
        let Some(choice) = self.choose(chunk.choices) else {
            if has_usage && self.end.is_some() {
                self.ends_alone();
            }
            return Ok(News::default());
        };
        let Choice {
            delta,
            message,
            reason,
            ..
        } = choice;
        let has_ended = self.has_ended();
        if !delta.is_empty() && self.end.take().is_some() {
            self.reasons = Reasons::SayNothing;
        }
        let has_text = !delta.is_empty() || !message.is_empty();
        if has_text && reason.is_none() && self.reasons == Reasons::Unknown {
            self.reasons = Reasons::MarkTheEnd;
        }
        let end = reason.as_deref().map(End::of);
        let mut news = self.take_delta(&delta)?;
        if !message.is_empty() {
            let alone = delta.text.is_empty() && delta.refusal.is_empty();
            let more = self.take_message(&message, alone, end.is_some())?;
            news.text.push_str(&more.text);
            news.thinking = more.thinking.or(news.thinking);
        }
        match end {
            Some(Some(end)) => {
                self.end = Some(end);
                if !has_text {
                    self.ends_alone();
                }
            }
            // The reply is complete, so a later failure does not matter.
            Some(None) if has_ended && !has_text => {}
            Some(None) => return Err(failure::ended_in(reason.as_deref().unwrap_or_default())),
            None => {}
        }
        Ok(news)
    }

    /// Notes an end in a chunk without text. Before any text, `stop` in such a chunk says nothing.
    fn ends_alone(&mut self) {
        let has_begun = !self.is_empty() || !self.thoughts.text.is_empty();
        let is_the_end = has_begun || self.end != Some(End::Whole);
        if is_the_end && self.reasons == Reasons::Unknown {
            self.reasons = Reasons::MarkTheEnd;
        }
    }

    /// Ends the reply; returns the last new parts.
    pub(super) fn finish(&mut self) -> News {
        let left = self.halves.finish();
        let mut parted = self.parting.push(&left);
        let last = self.parting.finish();
        parted.said.push_str(&last.said);
        parted.thought.push_str(&last.thought);
        self.text.push_str(&parted.said);
        let has_thought = self.parting.has_thought() || !self.thoughts.text.is_empty();
        if !has_thought && let Some(Parted { said, thought }) = part_at_end(&self.text) {
            self.text = said;
            parted.thought.push_str(&thought);
        }
        let left = self.thoughts.halves.finish();
        self.thoughts.add(&left);
        self.thoughts.add(&parted.thought);
        News {
            text: parted.said,
            thinking: self.thoughts.end(),
        }
    }

    /// The error for an empty reply after a request without errors.
    pub(super) fn nothing(&self) -> AgentError {
        match self.end {
            Some(End::Length) => {
                AgentError::rejected("the model reached its length limit before its first word")
            }
            Some(End::Filter) => {
                AgentError::rejected("the model server's content filter kept the answer back")
            }
            Some(End::Whole) | None => AgentError::failed("the model answered nothing"),
        }
    }

    pub(super) fn into_reply(self) -> Reply {
        let told = match self.end {
            Some(End::Length) => Some(notice::CUT_BY_LENGTH),
            Some(End::Filter) => Some(notice::CUT_BY_FILTER),
            Some(End::Whole) | None => None,
        };
        let hole = self.has_hole.then_some(notice::HAS_HOLE);
        Reply {
            usage: self.usage,
            notes: told.into_iter().chain(hole).map(str::to_owned).collect(),
            ..Reply::text(self.text)
        }
    }

    /// Picks the same choice of each chunk, because the texts of several choices must not mix.
    fn choose(&mut self, mut choices: Vec<Choice>) -> Option<Choice> {
        choices.retain(|choice| {
            let says = !choice.delta.is_empty() || !choice.message.is_empty();
            says || choice.reason.is_some()
        });
        let at = match self.chosen {
            Some(chosen) => choices.iter().position(|choice| choice.index == chosen)?,
            None => choices
                .iter()
                .position(|choice| choice.index == 0)
                .unwrap_or_default(),
        };
        let choice = (at < choices.len()).then(|| choices.swap_remove(at))?;
        self.chosen = Some(choice.index);
        Some(choice)
    }

    fn take_delta(&mut self, piece: &Piece) -> Result<News, AgentError> {
        self.has_deltas |= !piece.text.is_empty() || !piece.refusal.is_empty();
        self.take_piece(piece)
    }

    fn take_piece(&mut self, piece: &Piece) -> Result<News, AgentError> {
        let thought = self.thoughts.halves.push(&piece.thinking);
        let mut text = self.halves.push(&piece.text);
        text.push_str(&self.halves.push(&piece.refusal));
        let parted = self.parting.push(&text);
        if self.text.len() + parted.said.len() > self.limit {
            return Err(failure::too_much(self.limit));
        }
        self.text.push_str(&parted.said);
        self.thoughts.add(&thought);
        self.thoughts.add(&parted.thought);
        let thinking = if parted.said.is_empty() {
            self.thoughts.more()
        } else {
            self.thoughts.end()
        };
        Ok(News {
            text: parted.said,
            thinking,
        })
    }

    /// Adds a `message`, which may hold the whole reply, the reply so far, or a piece. `alone` is true when
    /// the chunk had no `delta`.
    fn take_message(
        &mut self,
        message: &Piece,
        alone: bool,
        ends: bool,
    ) -> Result<News, AgentError> {
        let mut all = message.text.whole();
        all.push_str(&message.refusal.whole());
        let mut parting = Parting::default();
        let mut parted = parting.push(&all);
        parted.said.push_str(&parting.finish().said);
        let goes_on = !self.text.is_empty() && parted.said.starts_with(&self.text);
        let is_more = goes_on && (ends || parted.said.len() > self.text.len());
        if alone && !self.has_deltas && !is_more {
            return self.take_piece(message);
        }
        if parted.said.trim().is_empty() || !(alone || goes_on) {
            return Ok(News::default());
        }
        if parted.said.len() > self.limit {
            return Err(failure::too_much(self.limit));
        }
        let new = parted.said.strip_prefix(self.text.as_str());
        let text = new.unwrap_or_default().to_owned();
        self.text = parted.said;
        self.parting = parting;
        self.halves = Halves::default();
        Ok(News {
            text,
            thinking: None,
        })
    }
}

impl End {
    /// The meaning of a `finish_reason`; `None` for a reason that reports a failure.
    fn of(reason: &str) -> Option<Self> {
        match reason {
            "abort" | "aborted" | "cancelled" | "canceled" | "failed" => None,
            _ if reason.contains("error") => None,
            "length" | "max_tokens" | "model_length" | "max_output_tokens" => Some(Self::Length),
            _ if reason.contains("filter") || reason.contains("safety") => Some(Self::Filter),
            _ => Some(Self::Whole),
        }
    }
}

impl Thoughts {
    fn add(&mut self, thought: &str) {
        if self.text.chars().count() <= THOUGHT_KEPT {
            self.text.push_str(thought);
            self.text = text::cut(&self.text, THOUGHT_KEPT);
        }
    }

    /// The reasoning to show during the turn; `None` while there is little new.
    fn more(&mut self) -> Option<Activity> {
        let new = self.text.len() - self.shown;
        let enough = new >= THOUGHT_SHOWN || (new > 0 && self.state.is_none());
        enough.then(|| self.as_activity(ActivityState::Running))
    }

    /// The reasoning to show at the end; `None` if there is none, or if all of it was shown.
    fn end(&mut self) -> Option<Activity> {
        let is_new = self.text.len() > self.shown || self.state == Some(ActivityState::Running);
        let thought = is_new && !self.text.trim().is_empty();
        thought.then(|| self.as_activity(ActivityState::Done))
    }

    fn as_activity(&mut self, state: ActivityState) -> Activity {
        self.shown = self.text.len();
        self.state = Some(state);
        Activity {
            id: "thinking".to_owned(),
            title: "Thinking".to_owned(),
            detail: self.text.trim().to_owned(),
            state,
            within: None,
        }
    }
}
