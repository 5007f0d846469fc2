//! The reply of a model, while it arrives.

use baton_core::activity::{Activity, ActivityState};
use baton_core::agent::{AgentError, Reply};
use baton_core::notice;
use baton_core::turn::Usage;

use super::completion_chunk::{CompletionChoice, CompletionChunk, MessagePiece};
use super::reasoning::{ReasoningSplitter, SplitAnswer, split_at_closing_tag};
use super::server_errors;
use super::tolerant_json::SurrogateJoiner;
use crate::safe_text;

/// Limit of the stored reasoning, in characters: the most that an activity can show.
const REASONING_KEPT: usize = 4_000;
/// Bytes of new reasoning between two updates of the activity, because each update sends all the reasoning.
const REASONING_STEP: usize = 500;

/// The reply so far.
#[derive(Debug)]
pub(super) struct StreamedReply {
    text: String,
    joiner: SurrogateJoiner,
    splitter: ReasoningSplitter,
    reasoning: ReasoningText,
    usage: Usage,
    /// The index of the choice to read, if the server sends several.
    chosen: Option<u64>,
    /// Whether a chunk had a `delta`.
    has_deltas: bool,
    end: Option<ReplyEnd>,
    /// The meaning of the server's `finish_reason`.
    reasons: FinishReasonMeaning,
    /// Whether a part of the reply was unreadable.
    has_hole: bool,
    limit: usize,
}

/// The meaning of the server's `finish_reason`. Some servers send one with each chunk.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum FinishReasonMeaning {
    /// Unknown: so far, each chunk with text had one.
    #[default]
    Unknown,
    /// The end of the reply: a chunk with text had none, or a chunk without text followed.
    MarkTheEnd,
    /// No meaning: text followed one.
    Meaningless,
}

/// Why the reply ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum ReplyEnd {
    Whole,
    /// The length limit cut the reply short.
    Length,
    /// A content filter cut the reply short.
    Filter,
}

#[derive(Debug, Default)]
struct ReasoningText {
    text: String,
    joiner: SurrogateJoiner,
    /// How many bytes were shown so far.
    shown: usize,
    state: Option<ActivityState>,
}

/// The new parts for people to see.
#[derive(Debug, Default)]
pub(super) struct NewParts {
    pub(super) text: String,
    pub(super) thinking: Option<Activity>,
}

impl StreamedReply {
    /// An empty reply of at most `limit` bytes.
    pub(super) fn new(limit: usize) -> Self {
        Self {
            text: String::new(),
            joiner: SurrogateJoiner::default(),
            splitter: ReasoningSplitter::default(),
            reasoning: ReasoningText::default(),
            usage: Usage::default(),
            chosen: None,
            has_deltas: false,
            end: None,
            reasons: FinishReasonMeaning::default(),
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
        self.is_empty() && self.reasoning.text.is_empty() && self.end.is_none()
    }

    /// Whether the server marked the end, so that a lost connection costs nothing.
    pub(super) fn has_ended(&self) -> bool {
        self.end.is_some() && self.reasons == FinishReasonMeaning::MarkTheEnd
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
    pub(super) fn take_chunk(&mut self, chunk: CompletionChunk) -> Result<NewParts, AgentError> {
        let Usage {
            input_tokens,
            output_tokens,
            ..
        } = chunk.usage;
        self.usage.input_tokens = input_tokens.or(self.usage.input_tokens);
        self.usage.output_tokens = output_tokens.or(self.usage.output_tokens);
        let has_usage = input_tokens.is_some() || output_tokens.is_some();
        let Some(choice) = self.pick_choice(chunk.choices) else {
            if has_usage && self.end.is_some() {
                self.note_end_alone();
            }
            return Ok(NewParts::default());
        };
        let CompletionChoice {
            delta,
            message,
            reason,
            ..
        } = choice;
        let has_ended = self.has_ended();
        if !delta.is_empty() && self.end.take().is_some() {
            self.reasons = FinishReasonMeaning::Meaningless;
        }
        let has_text = !delta.is_empty() || !message.is_empty();
        if has_text && reason.is_none() && self.reasons == FinishReasonMeaning::Unknown {
            self.reasons = FinishReasonMeaning::MarkTheEnd;
        }
        let end = reason.as_deref().map(ReplyEnd::from_finish_reason);
        let mut parts = self.take_delta(&delta)?;
        if !message.is_empty() {
            let alone = delta.text.is_empty() && delta.refusal.is_empty();
            let more = self.take_message(&message, alone, end.is_some())?;
            parts.text.push_str(&more.text);
            parts.thinking = more.thinking.or(parts.thinking);
        }
        match end {
            Some(Some(end)) => {
                self.end = Some(end);
                if !has_text {
                    self.note_end_alone();
                }
            }
            // The reply is complete, so a later failure does not matter.
            Some(None) if has_ended && !has_text => {}
            Some(None) => {
                return Err(server_errors::ended_in(
                    reason.as_deref().unwrap_or_default(),
                ));
            }
            None => {}
        }
        Ok(parts)
    }

    /// Notes an end in a chunk without text. Before any text, `stop` in such a chunk says nothing.
    fn note_end_alone(&mut self) {
        let has_begun = !self.is_empty() || !self.reasoning.text.is_empty();
        let is_the_end = has_begun || self.end != Some(ReplyEnd::Whole);
        if is_the_end && self.reasons == FinishReasonMeaning::Unknown {
            self.reasons = FinishReasonMeaning::MarkTheEnd;
        }
    }

    /// Ends the reply; returns the last new parts.
    pub(super) fn finish(&mut self) -> NewParts {
        let left = self.joiner.finish();
        let mut split = self.splitter.push(&left);
        let last = self.splitter.finish();
        split.answer.push_str(&last.answer);
        split.reasoning.push_str(&last.reasoning);
        self.text.push_str(&split.answer);
        let has_reasoning = self.splitter.has_reasoning() || !self.reasoning.text.is_empty();
        if !has_reasoning
            && let Some(SplitAnswer { answer, reasoning }) = split_at_closing_tag(&self.text)
        {
            self.text = answer;
            split.reasoning.push_str(&reasoning);
        }
        let left = self.reasoning.joiner.finish();
        self.reasoning.add_text(&left);
        self.reasoning.add_text(&split.reasoning);
        NewParts {
            text: split.answer,
            thinking: self.reasoning.last_activity(),
        }
    }

    /// The error for an empty reply after a request without errors.
    pub(super) fn empty_reply_error(&self) -> AgentError {
        match self.end {
            Some(ReplyEnd::Length) => {
                AgentError::rejected("the model reached its length limit before its first word")
            }
            Some(ReplyEnd::Filter) => {
                AgentError::rejected("the model server's content filter blocked the answer")
            }
            Some(ReplyEnd::Whole) | None => AgentError::failed("the model answered nothing"),
        }
    }

    pub(super) fn into_reply(self) -> Reply {
        let cut_note = match self.end {
            Some(ReplyEnd::Length) => Some(notice::CUT_BY_LENGTH),
            Some(ReplyEnd::Filter) => Some(notice::CUT_BY_FILTER),
            Some(ReplyEnd::Whole) | None => None,
        };
        let hole = self.has_hole.then_some(notice::HAS_HOLE);
        Reply {
            usage: self.usage,
            notes: cut_note
                .into_iter()
                .chain(hole)
                .map(str::to_owned)
                .collect(),
            ..Reply::text(self.text)
        }
    }

    /// Picks the same choice of each chunk, because the texts of several choices must not mix.
    fn pick_choice(&mut self, mut choices: Vec<CompletionChoice>) -> Option<CompletionChoice> {
        choices.retain(|choice| {
            let has_content = !choice.delta.is_empty() || !choice.message.is_empty();
            has_content || choice.reason.is_some()
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

    fn take_delta(&mut self, piece: &MessagePiece) -> Result<NewParts, AgentError> {
        self.has_deltas |= !piece.text.is_empty() || !piece.refusal.is_empty();
        self.take_piece(piece)
    }

    fn take_piece(&mut self, piece: &MessagePiece) -> Result<NewParts, AgentError> {
        let new_reasoning = self.reasoning.joiner.push(&piece.thinking);
        let mut text = self.joiner.push(&piece.text);
        text.push_str(&self.joiner.push(&piece.refusal));
        let split = self.splitter.push(&text);
        if self.text.len() + split.answer.len() > self.limit {
            return Err(server_errors::reply_too_long(self.limit));
        }
        self.text.push_str(&split.answer);
        self.reasoning.add_text(&new_reasoning);
        self.reasoning.add_text(&split.reasoning);
        let thinking = if split.answer.is_empty() {
            self.reasoning.next_activity()
        } else {
            self.reasoning.last_activity()
        };
        Ok(NewParts {
            text: split.answer,
            thinking,
        })
    }

    /// Adds a `message`, which may hold the whole reply, the reply so far, or a piece. `alone` is true when
    /// the chunk had no `delta`.
    fn take_message(
        &mut self,
        message: &MessagePiece,
        alone: bool,
        ends: bool,
    ) -> Result<NewParts, AgentError> {
        let mut all = message.text.to_text();
        all.push_str(&message.refusal.to_text());
        let mut splitter = ReasoningSplitter::default();
        let mut split = splitter.push(&all);
        split.answer.push_str(&splitter.finish().answer);
        let goes_on = !self.text.is_empty() && split.answer.starts_with(&self.text);
        let is_more = goes_on && (ends || split.answer.len() > self.text.len());
        if alone && !self.has_deltas && !is_more {
            return self.take_piece(message);
        }
        if split.answer.trim().is_empty() || !(alone || goes_on) {
            return Ok(NewParts::default());
        }
        if split.answer.len() > self.limit {
            return Err(server_errors::reply_too_long(self.limit));
        }
        let new = split.answer.strip_prefix(self.text.as_str());
        let text = new.unwrap_or_default().to_owned();
        self.text = split.answer;
        self.splitter = splitter;
        self.joiner = SurrogateJoiner::default();
        Ok(NewParts {
            text,
            thinking: None,
        })
    }
}

impl ReplyEnd {
    /// The meaning of a `finish_reason`; `None` for a reason that reports a failure.
    fn from_finish_reason(reason: &str) -> Option<Self> {
        match reason {
            "abort" | "aborted" | "cancelled" | "canceled" | "failed" => None,
            _ if reason.contains("error") => None,
            "length" | "max_tokens" | "model_length" | "max_output_tokens" => Some(Self::Length),
            _ if reason.contains("filter") || reason.contains("safety") => Some(Self::Filter),
            _ => Some(Self::Whole),
        }
    }
}

impl ReasoningText {
    fn add_text(&mut self, more: &str) {
        if self.text.chars().count() <= REASONING_KEPT {
            self.text.push_str(more);
            self.text = safe_text::cut_text(&self.text, REASONING_KEPT);
        }
    }

    /// The reasoning to show during the turn; `None` while there is little new.
    fn next_activity(&mut self) -> Option<Activity> {
        let new = self.text.len() - self.shown;
        let enough = new >= REASONING_STEP || (new > 0 && self.state.is_none());
        enough.then(|| self.as_activity(ActivityState::Running))
    }

    /// The reasoning to show at the end; `None` if there is none, or if all of it was shown.
    fn last_activity(&mut self) -> Option<Activity> {
        let is_new = self.text.len() > self.shown || self.state == Some(ActivityState::Running);
        let has_new = is_new && !self.text.trim().is_empty();
        has_new.then(|| self.as_activity(ActivityState::Done))
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
