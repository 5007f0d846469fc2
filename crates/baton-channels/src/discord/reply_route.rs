//! The place of a message, and the destination of the answers.

use baton_core::place::Place;
use serde::{Deserialize, Serialize};

use super::discord_id::Id;
use super::{ACCOUNT, CHANNEL};

/// The destination of the answers to a message, stored with the message.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct ReplyRoute {
    /// The channel, thread or direct message channel of the message.
    pub(super) channel: Id,
    /// The message itself.
    pub(super) message: Id,
    /// Whether the answers go into a thread made from the message. The thread has the id of the message.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) thread: bool,
}

impl ReplyRoute {
    /// The channel or thread for the answers.
    pub(super) fn target(&self) -> Id {
        if self.thread {
            // Discord gives a thread the id of its message, so the id is known before the thread exists.
            self.message
        } else {
            self.channel
        }
    }

    /// The message to reply to. `None` in a thread of its own: a reply refers to a message of the same
    /// channel.
    pub(super) fn replied_to(&self) -> Option<Id> {
        (!self.thread).then_some(self.message)
    }
}

/// The place of a channel.
pub(super) fn channel_place(channel: Id) -> Place {
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
