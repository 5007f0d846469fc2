//! Whether the model has answered, where the CLI does not say so itself.

use super::super::events::Event;

/// What is known of the answer beside what the CLI says of its end.
#[derive(Debug, Default)]
pub(super) struct Answer {
    /// The model's last message is whole and ended its turn, and nothing followed it.
    pub(super) is_whole: bool,
    /// The CLI tells when it works and when it is idle.
    pub(super) tells_state: bool,
    /// The last reply was taken without the end that the CLI should have told.
    pub(super) taken: Option<Taken>,
}

/// Why an answer was taken without its end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in super::super) enum Taken {
    /// The CLI ended, or said that it is idle.
    Over,
    /// It fell silent.
    Silent,
}

impl Answer {
    /// Takes in what a CLI says that has written so many bytes since the last tool.
    pub(super) fn hear(&mut self, event: &Event, written: usize) {
        self.is_whole = match event {
            Event::MessageEnded {
                stop_reason,
                parent: None,
            } => matches!(stop_reason.as_str(), "end_turn" | "stop_sequence") && written > 0,
            // Of anything else it is seen that it goes on: a hook, a helper, another request.
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

/// Whether it only repeats what was said: behind a compaction come messages from before, up to the next
/// request to the model.
#[derive(Debug, Default)]
pub(super) struct Repeats(bool);

impl Repeats {
    /// Whether this is repeated.
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
