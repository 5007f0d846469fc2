//! Detects the end of the model's answer, for CLIs that do not report the end.

use baton_core::notice;

use super::super::events::{CompactionStep, Event};

/// Signs of a complete answer, apart from the CLI's own report.
#[derive(Debug, Default)]
pub(super) struct AnswerDetector {
    /// How the model's last message ended; `None` as soon as more output follows.
    end: Option<AnswerEnd>,
    /// Why the model's last message was cut short, regardless of later output.
    cut_reason: Option<CutReason>,
    /// Whether the texts since the last tool are parts of one answer. After a cut by the length limit, the
    /// CLI lets the model continue.
    goes_on: bool,
    /// Whether the CLI reports its state (running or idle).
    pub(super) tells_state: bool,
    /// Why the last reply was taken without the CLI's report.
    pub(super) taken: Option<TakeReason>,
}

/// How the last message of a turn of the model ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AnswerEnd {
    Whole,
    Short,
}

/// The reason for a cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum CutReason {
    Length,
    Filter,
}

impl CutReason {
    /// The meaning of a `stop_reason`; `None` for a reason without a cut.
    fn from_stop_reason(stop_reason: &str) -> Option<Self> {
        match stop_reason {
            "max_tokens" | "model_context_window_exceeded" => Some(Self::Length),
            "refusal" => Some(Self::Filter),
            _ => None,
        }
    }

    /// The note under the reply.
    pub(in super::super) fn note_text(self) -> &'static str {
        match self {
            Self::Length => notice::CUT_BY_LENGTH,
            Self::Filter => notice::CUT_BY_FILTER,
        }
    }
}

/// Why an answer was taken without the CLI's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum TakeReason {
    /// The CLI exited, or reported that it is idle.
    Over,
    /// The CLI fell silent.
    Silent,
}

impl AnswerDetector {
    /// Handles an event. `text_length` is the number of bytes of text since the last tool.
    pub(super) fn observe_event(&mut self, event: &Event, text_length: usize) {
        let end_holds = match event {
            Event::MessageEnded {
                stop_reason,
                parent: None,
            } => {
                self.cut_reason = CutReason::from_stop_reason(stop_reason);
                let is_length_cut = self.cut_reason == Some(CutReason::Length);
                self.goes_on |= is_length_cut && text_length > 0;
                self.end = match stop_reason.as_str() {
                    _ if text_length == 0 => None,
                    "end_turn" | "stop_sequence" => Some(AnswerEnd::Whole),
                    _ => is_length_cut.then_some(AnswerEnd::Short),
                };
                true
            }
            // Any other event shows that the CLI continues: a hook, a subagent, another request.
            Event::Quiet { kind } => kind != "system/hook_started",
            Event::RateLimit(_) | Event::MessageMoved { .. } => true,
            Event::State(state) => state == "idle",
            _ => false,
        };
        if !end_holds {
            self.end = None;
        }
        match event {
            Event::ToolStarted(tool) if tool.parent.is_none() => self.goes_on = false,
            Event::State(state) => {
                self.tells_state |= matches!(state.as_str(), "running" | "idle");
            }
            _ => {}
        }
    }

    /// Whether the model's last message is complete, ended its turn, and has nothing after it.
    pub(super) fn is_whole(&self) -> bool {
        self.end == Some(AnswerEnd::Whole)
    }

    /// Whether the length limit cut the model's last message, with nothing after it. The CLI may let the
    /// model continue after any silence. At the end of the CLI, the cut text is the answer.
    pub(super) fn is_cut(&self) -> bool {
        self.end == Some(AnswerEnd::Short)
    }

    /// Ends a message. Returns why its answer was cut short, and whether the texts since the last tool belong
    /// together. The CLI's own report takes precedence over the last message.
    pub(super) fn end_message(&mut self, stop_reason: Option<&str>) -> (Option<CutReason>, bool) {
        let cut_reason = self.cut_reason.take();
        let goes_on = std::mem::take(&mut self.goes_on);
        (
            stop_reason.map_or(cut_reason, CutReason::from_stop_reason),
            goes_on,
        )
    }
}

/// Filters out repeated messages. After a compaction, the CLI repeats earlier messages until the next request
/// to the model.
#[derive(Debug, Default)]
pub(super) struct RepeatFilter(bool);

impl RepeatFilter {
    /// Whether this event is a repetition.
    pub(super) fn is_repeat(&mut self, event: &Event) -> bool {
        match event {
            Event::Compaction(CompactionStep::Boundary { .. }) => self.0 = true,
            Event::Text(_)
            | Event::ToolStarted(_)
            | Event::ToolEnded(_)
            | Event::MessageEnded { .. } => return self.0,
            Event::SessionStarted(_)
            | Event::TextDelta(_)
            | Event::Thinking { .. }
            | Event::Finished(_) => self.0 = false,
            Event::State(state) if state == "requesting" => self.0 = false,
            Event::Quiet { kind } if kind == "stream_event/message_start" => self.0 = false,
            _ => {}
        }
        false
    }
}
