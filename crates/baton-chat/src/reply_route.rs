//! The destination of the answers to a message.

use baton_core::name::ExternalId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connector::{ChatId, Connector};

/// The destination of the answers to a message, stored with the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplyRoute {
    /// The chat of the message.
    pub(crate) chat: ChatId,
    /// The message itself.
    pub(crate) message: ExternalId,
    /// Whether the answers go into a thread made from the message.
    pub(crate) thread: bool,
}

/// The stored form of a [`ReplyRoute`].
#[derive(Serialize, Deserialize)]
struct StoredRoute {
    channel: ChatId,
    message: String,
    /// The chat in which the id of the message is unique; empty if the id is unique in the whole account.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    within: String,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    thread: bool,
}

impl ReplyRoute {
    /// Reads the stored form.
    pub(crate) fn parse(stored: &Value) -> Result<Self, serde_json::Error> {
        let stored = StoredRoute::deserialize(stored)?;
        Ok(Self {
            chat: stored.channel,
            message: ExternalId::within(&stored.within, &stored.message),
            thread: stored.thread,
        })
    }

    /// The form to store.
    pub(crate) fn to_value(&self) -> Value {
        let stored = StoredRoute {
            channel: self.chat.clone(),
            message: self.message.as_str().to_owned(),
            within: self.message.space().to_owned(),
            thread: self.thread,
        };
        serde_json::to_value(stored).unwrap_or_default()
    }

    /// The chat or thread for the answers.
    pub(crate) fn target(&self, connector: &dyn Connector) -> ChatId {
        match connector.threads() {
            // The connector tells the id of the thread before the thread exists.
            Some(threads) if self.thread => threads.thread_of(&self.chat, &self.message),
            _ => self.chat.clone(),
        }
    }

    /// The message to quote. `None` in a thread of its own: a reply refers to a message of the same chat.
    pub(crate) fn replied_to(&self) -> Option<ExternalId> {
        (!self.thread).then(|| self.message.clone())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_kept_is_read_again_whatever_else_an_older_version_kept() {
        let route = ReplyRoute {
            chat: "1".into(),
            message: "2".into(),
            thread: true,
        };
        let kept = json!({ "channel": "1", "message": "2", "thread": true, "guild": "3" });
        assert_eq!(ReplyRoute::parse(&kept).unwrap(), route);
        let kept = json!({ "channel": "1", "message": "2", "thread": true });
        assert_eq!(route.to_value(), kept);
        assert_eq!(ReplyRoute::parse(&kept).unwrap(), route);
    }

    #[test]
    fn the_chat_of_a_number_is_kept_with_the_number() {
        let route = ReplyRoute {
            chat: "1".into(),
            message: ExternalId::within("1", "2"),
            thread: false,
        };
        let kept = json!({ "channel": "1", "message": "2", "within": "1" });
        assert_eq!(route.to_value(), kept);
        assert_eq!(ReplyRoute::parse(&kept).unwrap(), route);
    }
}
