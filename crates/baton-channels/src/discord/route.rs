//! Where a message was written, and where its answers go.

use baton_core::place::Place;
use serde::{Deserialize, Serialize};

use super::id::Id;
use super::{ACCOUNT, CHANNEL};

/// Where the answers to a message go, frozen with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReplyRoute {
    /// The channel, thread or direct conversation that it was written in.
    pub(super) channel: Id,
    /// Itself.
    pub(super) message: Id,
    /// The server, where it was written in one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) guild: Option<Id>,
    /// They go into a thread that is made from it, and that has its id.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) thread: bool,
}

impl ReplyRoute {
    /// Where they are written.
    pub(super) fn target(&self) -> Id {
        if self.thread {
            // So Discord names a thread that is made from a message; known before there is one.
            self.message
        } else {
            self.channel
        }
    }

    /// What they are shown to answer: a message of the same channel.
    pub(super) fn answers(&self) -> Option<Id> {
        (!self.thread).then_some(self.message)
    }
}

/// The place that a channel is.
pub(super) fn place(channel: Id) -> Place {
    Place {
        channel: CHANNEL.into(),
        account: ACCOUNT.into(),
        address: channel.to_string(),
    }
}
