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

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_read_again_whatever_else_an_older_version_kept() {
        let route = ReplyRoute {
            channel: Id(1),
            message: Id(2),
            thread: true,
        };
        let kept = json!({ "channel": "1", "message": "2", "thread": true, "guild": "3" });
        let read: ReplyRoute = serde_json::from_value(kept).unwrap();
        assert_eq!(read, route);
        let kept = serde_json::to_value(route).unwrap();
        assert_eq!(serde_json::from_value::<ReplyRoute>(kept).unwrap(), route);
    }
}
