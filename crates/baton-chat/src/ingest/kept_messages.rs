//! The messages that an open gap leaves to the history. Baton keeps these messages for the case of a failing history.

use std::collections::VecDeque;

use crate::connector::{IncomingMessage, Position, ReadableMessage};

/// The maximum number of kept messages of one gap. The oldest message is lost first, because the history gives the
/// oldest message first.
const KEPT: usize = 256;

/// The maximum size of the kept messages of one gap, in bytes.
const KEPT_BYTES: usize = 4 * 1024 * 1024;

/// The left-out messages of one gap that the history has not given yet, in their order. Baton has acknowledged these
/// messages, so the platform does not send the messages again. After a crash, only the history has the messages.
#[derive(Debug, Default)]
pub(super) struct KeptMessages {
    pub(super) messages: VecDeque<IncomingMessage>,
    bytes: usize,
    /// The number of messages above the limits. Only the history has these messages.
    pub(super) lost: usize,
    /// The position of the last lost message, if readable.
    last_lost: Option<Position>,
}

impl KeptMessages {
    pub(super) fn keep(&mut self, message: IncomingMessage) {
        let id = message.id();
        if id.is_some() && is_unedited(&message) {
            // The platform may repeat a batch.
            let mut kept = self.messages.iter();
            if kept.any(|kept| kept.id() == id) {
                return;
            }
        }
        self.bytes += weigh(&message);
        self.messages.push_back(message);
        while self.messages.len() > KEPT || self.bytes > KEPT_BYTES {
            let Some(lost) = self.messages.pop_front() else {
                break;
            };
            self.bytes -= weigh(&lost);
            self.lost += 1;
            self.last_lost = lost.position().cloned().or(self.last_lost.take());
        }
    }

    /// Forgets each message whose position the history has given.
    pub(super) fn forget_read(&mut self, is_read: impl Fn(&Position) -> bool) {
        self.messages
            .retain(|message| !message.position().is_some_and(&is_read));
        self.bytes = self.messages.iter().map(weigh).sum();
        if self.last_lost.as_ref().is_some_and(&is_read) {
            self.lost = 0;
            self.last_lost = None;
        }
    }
}

/// Whether nobody has edited the message. An edited form is another message for the store.
fn is_unedited(message: &IncomingMessage) -> bool {
    match message {
        IncomingMessage::Readable(message) => message.edited_at.is_none(),
        IncomingMessage::Unreadable(_) => true,
    }
}

/// The approximate size of a message in memory.
fn weigh(message: &IncomingMessage) -> usize {
    let texts = match message {
        IncomingMessage::Readable(message) => {
            let files = message.files.iter();
            let files = files.map(|file| file.name.len() + file.reference.len());
            message.text.len() + files.sum::<usize>()
        }
        IncomingMessage::Unreadable(message) => {
            message.raw.len() + message.text.as_ref().map_or(0, String::len)
        }
    };
    size_of::<ReadableMessage>() + texts
}
