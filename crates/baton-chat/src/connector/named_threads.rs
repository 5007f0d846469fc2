//! Threads whose ids the platform chooses.

use async_trait::async_trait;

use super::chat_ids::ChatId;
use super::chat_info::{ChatInfo, ChatKind};
use super::connector_error::ConnectorError;

/// Threads whose ids the platform chooses, and that Baton creates for the answers to a message. Baton can neither list
/// nor look up such threads. If the answer to a creation is lost, Baton finds the thread by its name: the platform
/// reports each new thread of Baton in a batch, as [`EventBatch::threads`](super::EventBatch::threads).
///
/// A platform whose threads have known ids has [`Threads`](super::Threads) instead.
#[async_trait]
pub trait NamedThreads: Send + Sync {
    /// The length of the longest name, in characters. At least 60.
    fn longest_name(&self) -> usize;

    /// Whether Baton can create threads in this chat, which is no thread itself. By default, in every channel.
    fn can_create_in(&self, _chat: &ChatId, info: &ChatInfo) -> bool {
        info.kind == ChatKind::Channel
    }

    /// Creates a thread in a chat, in one try. Returns the id of the thread. Two creations make two threads.
    async fn create(&self, chat: &ChatId, name: &str) -> Result<ChatId, ConnectorError>;

    /// Gives a thread another name.
    async fn rename(&self, thread: &ChatId, name: &str) -> Result<(), ConnectorError>;

    /// The address of a thread on the web, for people; `None` if people cannot open the thread by an address.
    fn link(&self, _thread: &ChatId) -> Option<String> {
        None
    }

    /// Opens a closed thread again. Success if the thread is open.
    async fn reopen(&self, thread: &ChatId) -> Result<(), ConnectorError>;

    /// Closes a thread. People can still read the thread. Success if the thread is closed.
    async fn close(&self, thread: &ChatId) -> Result<(), ConnectorError>;

    /// Deletes a thread with all its messages.
    async fn delete(&self, thread: &ChatId) -> Result<(), ConnectorError>;
}

/// The platform's report of a thread that Baton created.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CreatedThread {
    /// The thread.
    pub thread: ChatId,
    /// The name at the creation.
    pub name: String,
}

/// The time of a request for events, see [`EventSink::begin_fetch`](super::EventSink::begin_fetch).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchMark {
    /// The number of doubts about created threads before the request.
    pub(crate) doubts: u64,
    /// Whether one of the doubts has not ended.
    pub(crate) is_urgent: bool,
}

impl FetchMark {
    /// Whether Baton waits for the answer. Then the request waits for events for only a few seconds.
    pub fn is_urgent(self) -> bool {
        self.is_urgent
    }
}
