//! A reply, as far as it has come.

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::{AgentError, Reply};
use baton_core::notice;
use baton_core::turn::Usage;

use super::chunk::{Choice, Chunk, Piece};
use super::failure;
use super::json::Halves;
use super::thinking::{Parted, Parting, part_at_end};
use crate::text;

/// How much of what a model thinks is kept, in characters: what an activity can show.
const THOUGHT_KEPT: usize = 4_000;
/// How much more it must have thought before that is shown anew, in bytes: each time all of it is handed on.
const THOUGHT_SHOWN: usize = 500;

/// The reply, as far as it has come.
#[derive(Debug)]
pub(super) struct Written {
    text: String,
    halves: Halves,
    parting: Parting,
    thoughts: Thoughts,
    usage: Usage,
    /// Which of several answers is read.
    chosen: Option<u64>,
    /// Pieces came that are called so.
    has_deltas: bool,
    end: Option<End>,
    /// There was more behind an end: it says nothing.
    ends_go_on: bool,
    /// A part could not be read.
    has_hole: bool,
    limit: usize,
}

/// Why no more comes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum End {
    Whole,
    /// The model may not write more.
    Length,
    /// Somebody objected to the rest.
    Filter,
}

#[derive(Debug, Default)]
struct Thoughts {
    text: String,
    halves: Halves,
    /// How much of it was shown, in bytes.
    shown: usize,
    state: Option<ActivityState>,
}

/// What is new for people.
#[derive(Debug, Default)]
pub(super) struct News {
    pub(super) text: String,
    pub(super) thinking: Option<Activity>,
}

impl Written {
    /// Nothing yet, and at most `limit` bytes.
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
            ends_go_on: false,
            has_hole: false,
            limit,
        }
    }

    /// How long it may become, in bytes.
    pub(super) fn limit(&self) -> usize {
        self.limit
    }

    /// Not a word came.
    pub(super) fn is_empty(&self) -> bool {
        self.text.trim().is_empty()
    }

    /// Neither a word came nor a thought, nor an end.
    pub(super) fn is_untouched(&self) -> bool {
        self.is_empty() && self.thoughts.text.is_empty() && self.end.is_none()
    }

    /// The server said that no more comes, so that nothing is missing whatever happens now.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some() && !self.ends_go_on
    }

    /// The server said so with the last that came. Where it says so with every piece, that is worth something
    /// only when the connection comes to its proper end, too.
    pub(super) fn may_have_ended(&self) -> bool {
        self.end.is_some()
    }

    /// What it used so far.
    pub(super) fn usage(&self) -> &Usage {
        &self.usage
    }

    /// A part of it could not be read.
    pub(super) fn note_hole(&mut self) {
        self.has_hole = true;
    }

    /// Takes in what came; returns what is new.
    pub(super) fn take(&mut self, chunk: Chunk) -> Result<News, AgentError> {
        let Usage {
            input_tokens,
            output_tokens,
            ..
        } = chunk.usage;
        self.usage.input_tokens = input_tokens.or(self.usage.input_tokens);
        self.usage.output_tokens = output_tokens.or(self.usage.output_tokens);
        let Some(choice) = self.choose(chunk.choices) else {
            return Ok(News::default());
        };
        let Choice {
            delta,
            message,
            reason,
            ..
        } = choice;
        if !delta.is_empty() && self.end.take().is_some() {
            self.ends_go_on = true;
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
            Some(Some(end)) => self.end = Some(end),
            Some(None) => return Err(failure::ended_in(reason.as_deref().unwrap_or_default())),
            None => {}
        }
        Ok(news)
    }

    /// Nothing more comes; returns what is new.
    pub(super) fn finish(&mut self) -> News {
        let left = self.halves.finish();
        let mut parted = self.parting.push(&left);
        let last = self.parting.finish();
        parted.said.push_str(&last.said);
        parted.thought.push_str(&last.thought);
        self.text.push_str(&parted.said);
        let has_thought = !self.thoughts.text.is_empty() || !parted.thought.is_empty();
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

    /// Why it is no reply, though nothing failed.
    pub(super) fn nothing(&self) -> AgentError {
        match self.end {
            Some(End::Length) => {
                AgentError::rejected("the model used up its length before it said a word")
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

    /// The answer that is read, of several: always the same one.
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

    /// Takes in what is called the message: all of it at once, all of it so far, or a piece. It is `alone`
    /// where no piece came with it.
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
    /// What a reason means; `None` for one that says that it failed.
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

    /// What is shown of it while it goes on; `None` where that is hardly more than before.
    fn more(&mut self) -> Option<Activity> {
        let new = self.text.len() - self.shown;
        let enough = new >= THOUGHT_SHOWN || (new > 0 && self.state.is_none());
        enough.then(|| self.as_activity(ActivityState::Running))
    }

    /// What is shown of it when it is over; `None` where there is none, or that was shown.
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
