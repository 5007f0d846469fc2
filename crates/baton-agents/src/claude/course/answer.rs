//! Whether the model has answered, for CLIs that do not report the end of the answer.

use super::super::events::Event;

/// Signs of a complete answer, apart from the CLI's own report.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// Whether the model's last message is complete and ended its turn, with nothing after it.
    pub(super) is_whole: bool,
    /// Whether the CLI reports its state (running or idle).
    pub(super) tells_state: bool,
    /// Why the last reply was taken without the CLI's report.
    pub(super) taken: Option<Taken>,
}

/// Why an answer was taken without the CLI's report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Taken {
    /// The CLI exited, or reported that it is idle.
    Over,
    /// The CLI fell silent.
    Silent,
}

impl Answer {
    /// Handles an event of a CLI that has written this many bytes since the last tool.
    pub(super) fn hear(&mut self, event: &Event, written: usize) {
        self.is_whole = match event {
            Event::MessageEnded {
                stop_reason,
                parent: None,
            } => matches!(stop_reason.as_str(), "end_turn" | "stop_sequence") && written > 0,
            // Any other event shows that the CLI goes on: a hook, a subagent, another request.
            Event::Quiet { kind } => self.is_whole && kind != "system/hook_started",
            Event::RateLimit(_) | Event::MessageMoved { .. } => self.is_whole,
            Event::State(state) => self.is_whole && state == "idle",
            _ => false,
        };
        if let Event::State(state) = event {
            self.tells_state |= matches!(state.as_str(), "running" | "idle");
        }
    }
}

/// Filters out repeated messages. After a compaction, the CLI repeats earlier messages until the next
/// request to the model.
#[derive(Debug, Default)]
pub(super) struct Repeats(bool);

impl Repeats {
    /// Whether this event is a repetition.
    pub(super) fn hold(&mut self, event: &Event) -> bool {
        match event {
            Event::Compaction(super::Compaction::Boundary { .. }) => self.0 = true,
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
