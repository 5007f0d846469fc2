//! Steering: messages handed to a running turn, and the CLI's reports about them. The CLI includes a message
//! in its next step, or answers the message after the first one. A message counts as answered when the CLI is
//! done with the message and has produced a reply. Other messages wait for their own turn.

use std::collections::BTreeMap;

use baton_core::id::MessageId;

/// How many steered messages the CLI may hold at once. More messages wait in the store.
const AT_ONCE: usize = 100;

/// The steered messages, by the name given to the CLI.
#[derive(Debug, Default)]
pub(super) struct SteeredMessages {
    open: BTreeMap<String, SteeredMessage>,
    /// Messages that the CLI is done with, in order. The result shows whether they are answered.
    done: Vec<MessageId>,
    /// Whether the CLI reports the states of messages. A CLI without reports gets no messages, because their
    /// outcome would stay unknown.
    reports_states: bool,
    /// Whether steering has ended: a message came that cannot be steered, and later messages must not
    /// overtake.
    is_over: bool,
}

#[derive(Debug)]
struct SteeredMessage {
    message: MessageId,
    /// Whether the CLI has started work on the message.
    started: bool,
}

impl SteeredMessages {
    /// Whether another message can be steered.
    pub(super) fn is_possible(&self) -> bool {
        self.reports_states && !self.is_over && self.open.len() < AT_ONCE
    }

    /// Ends steering for this turn.
    pub(super) fn stop_steering(&mut self) {
        self.is_over = true;
    }

    /// Whether the CLI still holds messages.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Adds a message under this name.
    pub(super) fn add_message(&mut self, name: String, message: MessageId) {
        let steered = SteeredMessage {
            message,
            started: false,
        };
        self.open.insert(name, steered);
    }

    /// Records a state that the CLI reports for a message.
    pub(super) fn record_state(&mut self, name: &str, state: &str) {
        self.reports_states = true;
        match state {
            "queued" => {}
            "started" => {
                if let Some(steered) = self.open.get_mut(name) {
                    steered.started = true;
                }
            }
            other => {
                tracing::debug!(state = other, "the Claude CLI is done with a message");
                let ended = self.open.remove(name);
                // A message dropped before its start waits again.
                let ended = ended.filter(|steered| steered.started || other == "completed");
                self.done.extend(ended.map(|steered| steered.message));
            }
        }
    }

    /// Returns the messages answered by the reply that the CLI just finished.
    pub(super) fn take_answered(&mut self) -> Vec<MessageId> {
        std::mem::take(&mut self.done)
    }

    /// Returns the messages started by a stopped CLI. They are stopped together with the turn.
    pub(super) fn take_stopped(&mut self) -> Vec<MessageId> {
        let started = self.open.values().filter(|steered| steered.started);
        let started: Vec<_> = started.map(|steered| steered.message).collect();
        self.done.extend(started);
        self.done.sort();
        self.take_answered()
    }
}

/// A unique name for a message, in the form that the CLI expects: a random UUID.
pub(super) fn random_uuid() -> String {
    let random = fastrand::u128(..);
    let versioned = random & !(0xf << 76) & !(0x3 << 62) | 0x4 << 76 | 0x2 << 62;
    let digits = format!("{versioned:032x}");
    let parts = [0..8, 8..12, 12..16, 16..20, 20..32];
    parts.map(|part| &digits[part]).join("-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_a_random_uuid() {
        let (one, other) = (random_uuid(), random_uuid());
        assert_ne!(one, other);
        let lengths: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&one[14..15], "4", "{one}");
        assert!("89ab".contains(&one[19..20]), "{one}");
    }
}
