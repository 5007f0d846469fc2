//! Steering: messages handed to a running turn, and the CLI's reports about them. The CLI includes a message
//! in its next step, or answers the message after the first one. A message counts as answered when the CLI is
//! done with the message and has produced a reply. Other messages wait for their own turn.

use std::collections::BTreeMap;

use baton_core::id::MessageId;

/// How many steered messages the CLI may hold at once. More messages wait in the store.
const AT_ONCE: usize = 100;

/// The steered messages, by the name given to the CLI.
#[derive(Debug, Default)]
pub(super) struct Handing {
    open: BTreeMap<String, Handed>,
    /// Messages that the CLI is done with, in order. The result shows whether they are answered.
    done: Vec<MessageId>,
    /// Whether the CLI reports the states of messages. A CLI without reports gets no messages, because their
    /// outcome would stay unknown.
    tells: bool,
    /// Whether steering has ended: a message came that cannot be steered, and later messages must not
    /// overtake.
    is_over: bool,
}

#[derive(Debug)]
struct Handed {
    message: MessageId,
    /// Whether the CLI has started work on the message.
    begun: bool,
}

impl Handing {
    /// Whether another message can be steered.
    pub(super) fn is_possible(&self) -> bool {
        self.tells && !self.is_over && self.open.len() < AT_ONCE
    }

    /// Ends steering for this turn.
    pub(super) fn stop(&mut self) {
        self.is_over = true;
    }

    /// Whether the CLI still holds messages.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Adds a message under this name.
    pub(super) fn hand(&mut self, name: String, message: MessageId) {
        let handed = Handed {
            message,
            begun: false,
        };
        self.open.insert(name, handed);
    }

    /// Records a state that the CLI reports for a message.
    pub(super) fn moved(&mut self, name: &str, state: &str) {
        self.tells = true;
        match state {
            "queued" => {}
            "started" => {
                if let Some(handed) = self.open.get_mut(name) {
                    handed.begun = true;
                }
            }
            other => {
                tracing::debug!(state = other, "the Claude CLI is done with a message");
                let ended = self.open.remove(name);
                // A message dropped before its start waits again.
                let ended = ended.filter(|handed| handed.begun || other == "completed");
                self.done.extend(ended.map(|handed| handed.message));
            }
        }
    }

    /// Returns the messages answered by the reply that the CLI just finished.
    pub(super) fn answered(&mut self) -> Vec<MessageId> {
        std::mem::take(&mut self.done)
    }

    /// Returns the messages started by a stopped CLI. They are stopped together with the turn.
    pub(super) fn stopped(&mut self) -> Vec<MessageId> {
        let begun = self.open.values().filter(|handed| handed.begun);
        let begun: Vec<_> = begun.map(|handed| handed.message).collect();
        self.done.extend(begun);
        self.done.sort();
        self.answered()
    }
}

/// A unique name for a message, in the form that the CLI expects: a random UUID.
pub(super) fn name() -> String {
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
        let (one, other) = (name(), name());
        assert_ne!(one, other);
        let lengths: Vec<_> = one.split('-').map(str::len).collect();
        assert_eq!(lengths, [8, 4, 4, 4, 12]);
        assert_eq!(&one[14..15], "4", "{one}");
        assert!("89ab".contains(&one[19..20]), "{one}");
    }
}
