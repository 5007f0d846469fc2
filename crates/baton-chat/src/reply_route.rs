//! The destination of the answers to a message.

use baton_core::name::ExternalId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::connector::{ChatId, Connector};
use crate::moved_chats::MovedChats;

/// The destination of the answers to a message, stored with the message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ReplyRoute {
    /// The chat for the answers.
    pub(crate) chat: ChatId,
    /// The message itself.
    pub(crate) message: ExternalId,
    /// Whether the answers go into a thread made from the message.
    pub(crate) thread: bool,
    /// The chat of the message, if the chat has another id now. The message is not in [`Self::chat`] then.
    pub(crate) moved_from: Option<ChatId>,
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
            moved_from: None,
        })
    }

    /// The route after the moves of its chat.
    pub(crate) fn follow_moves(mut self, moved: &MovedChats) -> Self {
        let chat = moved.current_chat(&self.chat);
        if chat != self.chat {
            let from = std::mem::replace(&mut self.chat, chat);
            self.moved_from.get_or_insert(from);
        }
        self
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

    /// The address of the conversation. The id of a named thread is unknown before the creation, so the message names the
    /// thread. No chat has such an address, because ids of chats have no white space.
    pub(crate) fn address(&self, connector: &dyn Connector) -> ChatId {
        if self.thread && connector.named_threads().is_some() {
            return format!("{}/for {}", self.chat, self.message).into();
        }
        self.target(connector)
    }

    /// The chat or thread for the answers. The store knows the ids of named threads, so this is then the chat of the
    /// message. See [`find_answer_chat`](crate::delivery::reply_thread::find_answer_chat).
    pub(crate) fn target(&self, connector: &dyn Connector) -> ChatId {
        match connector.threads() {
            // The connector tells the id of the thread before the thread exists.
            Some(threads) if self.thread => threads.thread_of(&self.chat, &self.message),
            _ => self.chat.clone(),
        }
    }

    /// The message to quote. `None` in a thread of its own and after a move: a reply refers to a message of the same
    /// chat.
    pub(crate) fn replied_to(&self) -> Option<ExternalId> {
        (!self.thread && self.moved_from.is_none()).then(|| self.message.clone())
    }

    /// Whether part `number` of an answer may have this quote. Before the move of a chat, part 0 had a quote, and after
    /// the move none.
    pub(crate) fn may_quote(&self, number: usize, quoted: Option<&ExternalId>) -> bool {
        let is_first = number == 0 && !self.thread;
        match quoted {
            Some(quoted) => is_first && *quoted == self.message,
            None => !is_first || self.moved_from.is_some(),
        }
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
            moved_from: None,
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
            moved_from: None,
        };
        let kept = json!({ "channel": "1", "message": "2", "within": "1" });
        assert_eq!(route.to_value(), kept);
        assert_eq!(ReplyRoute::parse(&kept).unwrap(), route);
    }
}
