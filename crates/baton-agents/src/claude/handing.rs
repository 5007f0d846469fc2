//! Messages that are handed into a turn while it runs, and what the CLI says became of each. It takes
//! them up at its next step, or answers them behind the first. One counts as answered when the CLI is done
//! with it and what it worked on then is a reply; else it waits again.

use std::collections::BTreeMap;

use baton_core::id::MessageId;

/// How many may be with the CLI at once. The next ones wait where they are.
const AT_ONCE: usize = 100;

/// Who has been handed in, by the name that the CLI was given for it.
#[derive(Debug, Default)]
pub(super) struct Handing {
    open: BTreeMap<String, Handed>,
    /// Those that it is done with, in order. Whether they are answered shows in the result.
    done: Vec<MessageId>,
    /// It tells what becomes of messages. One that does not is handed none: nobody could say whether
    /// they were answered.
    tells: bool,
    /// A message came that cannot be handed in. What comes behind it must not go before it.
    is_over: bool,
}

#[derive(Debug)]
struct Handed {
    message: MessageId,
    /// It is part of what the CLI works on.
    begun: bool,
}

impl Handing {
    /// Whether a further message can be handed in.
    pub(super) fn is_possible(&self) -> bool {
        self.tells && !self.is_over && self.open.len() < AT_ONCE
    }

    /// From now on nothing more is handed in.
    pub(super) fn stop(&mut self) {
        self.is_over = true;
    }

    /// Whether the CLI has messages that it is not done with.
    pub(super) fn is_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// A message is handed in under this name.
    pub(super) fn hand(&mut self, name: String, message: MessageId) {
        let handed = Handed {
            message,
            begun: false,
        };
        self.open.insert(name, handed);
    }

    /// What the CLI says became of a message.
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
                // What it dropped without having begun with it waits again.
                let ended = ended.filter(|handed| handed.begun || other == "completed");
                self.done.extend(ended.map(|handed| handed.message));
            }
        }
    }

    /// What the CLI was done with is a reply: these are answered by it.
    pub(super) fn answered(&mut self) -> Vec<MessageId> {
        std::mem::take(&mut self.done)
    }

    /// The CLI was stopped: all that it had begun with is stopped with the rest.
    pub(super) fn stopped(&mut self) -> Vec<MessageId> {
        let begun = self.open.values().filter(|handed| handed.begun);
        let begun: Vec<_> = begun.map(|handed| handed.message).collect();
        self.done.extend(begun);
        self.done.sort();
        self.answered()
    }
}

/// A name for a message that no other has, in the form that the CLI wants: a random UUID.
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
